import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { whileOneIsBroken } from "../../bench/isolated.ts";
import { cellDirs, readClusterRecord } from "../../cli/store/run-dir.ts";
import { scenariosOf, selectSuites, suiteFiles } from "../../cli/cell/suites.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { expectationsOf } from "../../lib/scenario/spec.ts";
import { deleteLeftBy } from "./cluster.ts";
import { faultline, mustEnd, runReported, RUNS, type CommandOutcome } from "./command-line.ts";
import { nightly } from "../nightly.ts";

const CELLS = ["flannel/iptables", "flannel/nftables"];
const FAULTS = ["services/bridge-nf-call-iptables", "overlay/vxlan-port-blocked"];
const PROBES = 500;

nightly("isolation", () => {
  describe("two cells of one run side by side", function () {
    let outcome: CommandOutcome;
    let records: readonly ClusterRecord[] = [];
    let dir = "";

    before("their clusters are there at the same time", async function () {
      const flags = CELLS.flatMap((cell) => ["--cell", cell]);
      outcome = await faultline([
        "run",
        "baseline/packet-flow",
        ...flags,
        "--parallel",
        "2",
        "--keep",
        "always",
        "--yes",
      ]);
      records = cellDirs(join(RUNS, runReported(outcome).runId)).map(readClusterRecord);
      dir = mkdtempSync(join(tmpdir(), "faultline-isolation-"));
    });

    after("delete both", async function () {
      if (dir !== "") rmSync(dir, { recursive: true, force: true });
      await deleteLeftBy(outcome);
    });

    it("both pass, each in its own cluster, and every line of progress names its cell", function () {
      mustEnd(outcome);
      const { results, cells } = runReported(outcome);
      expect(results.map(({ verdict }) => verdict)).to.deep.equal(["pass", "pass"]);
      expect(new Set(results.map(({ cluster }) => cluster)).size).to.equal(2);
      for (const { cell } of cells) expect(outcome.stderr).to.contain(` ${cell} cluster: `);
    });

    for (const id of FAULTS) {
      it(`${id} in one: of ${PROBES} attempts in the other none is lost`, async function () {
        const [faulty, other] = records;
        if (!faulty || !other) throw new Error("there are not two clusters");
        const [scenario] = await scenariosOf(selectSuites([id], suiteFiles()));
        const [healthy] = await scenariosOf(selectSuites(["baseline"], suiteFiles()));
        if (!scenario || !healthy) throw new Error(`suite ${id} or the baseline is gone`);
        const paths = Object.keys(expectationsOf(healthy, other));
        const journal = openJournal(join(dir, `${id.replaceAll("/", "-")}.ndjson`));
        const trial = { faulty, others: [other], scenario, paths, flows: 5, probes: PROBES, journal };
        const { broken, probes, lost, unknown } = await whileOneIsBroken(trial);
        journal[Symbol.dispose]();
        expect(broken, "it is broken where it should be").to.be.above(0);
        expect(probes).to.be.at.least(PROBES);
        // One that could not be told is none that was ok.
        expect(unknown, "could not be told").to.be.at.most(PROBES / 50);
        expect(lost.map(({ path, symptom }) => `${path} ${symptom}`)).to.deep.equal([]);
      });
    }
  });
});
