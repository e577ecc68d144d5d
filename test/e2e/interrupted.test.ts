import { expect } from "chai";
import { judgeRun } from "../../lib/verdict/run.ts";
import { findRunDir, readRun } from "../../cli/store/run-dir.ts";
import { faultline } from "./command-line.ts";
import { MOMENTS, runAt, type Moment } from "./moments.ts";
import { tracesOf } from "./traces.ts";

/** What a Ctrl-C leaves of a cluster that is in the making, by what was asked for. */
const ASKED: readonly (readonly [keep: "never" | "failure" | "always", moments: readonly Moment[]])[] = [
  ["never", MOMENTS],
  ["failure", MOMENTS.slice(2, 3)],
  ["always", MOMENTS.slice(-2, -1)],
];

describe("Ctrl-C while the cluster is created", function () {
  for (const [keep, moments] of ASKED) {
    for (const moment of moments) {
      it(`${moment.when}, --keep ${keep}: exit 130, ${keep === "never" ? "nothing is left" : "kept, and gc deletes it"}`, async function () {
        const { child, outcome, cluster, runId } = await runAt(moment, "--keep", keep);
        child.kill("SIGINT");
        const { code, stderr } = await outcome;
        expect(code, stderr).to.equal(130);
        const [cell] = judgeRun(readRun(findRunDir(runId))).cells;
        expect(cell?.failure, "the report says where it was").to.not.equal(null);
        if (keep === "never") {
          expect(await tracesOf(cluster)).to.equal("");
          return;
        }
        expect(await tracesOf(cluster)).to.match(/container .*-control-plane/);
        const deleted = await faultline(["gc", cluster]);
        expect(deleted.code, deleted.stderr).to.equal(0);
        expect(await tracesOf(cluster)).to.equal("");
      });
    }
  }
});
