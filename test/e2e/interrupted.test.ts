import { expect } from "chai";
import { judgeRun } from "../../lib/verdict/run.ts";
import { findRunDir, readRun } from "../../cli/store/run-dir.ts";
import { nightly } from "../nightly.ts";
import { faultline } from "./command-line.ts";
import { KUBEADM_AT_WORK, MOMENTS, ROLES_STAGE, runAt, type CreationMoment } from "./moments.ts";
import { tracesOf } from "./traces.ts";

type Keep = "never" | "failure" | "always";
type Case = readonly [keep: Keep, moment: CreationMoment];

/** The one with most to take back: kubeadm is at work on nodes that Docker runs. */
const BY_DEFAULT: Case = ["never", KUBEADM_AT_WORK];
/** Of the stages with `--keep never` each; of the others one before and one after the nodes are up. */
const OTHERS: readonly Case[] = [
  ...MOMENTS.filter((moment) => moment !== KUBEADM_AT_WORK).map((moment) => ["never", moment] as const),
  ["failure", KUBEADM_AT_WORK],
  ["always", ROLES_STAGE],
];

/** What a Ctrl-C leaves of a cluster that is in the making, by what was asked for. */
describe("Ctrl-C while the cluster is created", function () {
  const leaves = ([keep, moment]: Case) =>
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

  leaves(BY_DEFAULT);
  nightly("interrupted-stages", () => {
    for (const one of OTHERS) leaves(one);
  });
});
