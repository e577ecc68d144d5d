import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { keptCluster, mustBeAsNew, taintOf } from "../../../../cli/store/kept.ts";
import { readRun } from "../../../../cli/store/run-dir.ts";
import { listOpenFaults, readJournal } from "../../../../lib/journal/read.ts";
import type { Run } from "../../../../lib/verdict/result.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";

/** A run that commit 44bf7fb made on a real cluster, which it kept. The checkout is called /srv/faultline in it. */
const RUNS = fileURLToPath(new URL("../../../fixtures/older-runs/", import.meta.url));
const RUN = join(RUNS, "20261201-031751-og99");
const CLUSTER = "faultline-031751og990";

describe("a run and a kept cluster of commit 44bf7fb", () => {
  it("a kept cluster of 44bf7fb is found and may be used again", () => {
    const record = keptCluster(CLUSTER, RUNS);
    expect(record.containers.A).to.equal(`${CLUSTER}-worker`);
    expect(record.traits.bridge).to.equal("cni0");
    expect(taintOf(CLUSTER, RUNS)).to.equal(null);
    expect(() => mustBeAsNew(CLUSTER, RUNS)).not.to.throw();
  });

  it("a journal of 44bf7fb is read without damage, and its healed fault is not open", () => {
    const journal = readJournal(join(RUN, "cells", "flannel@0.28.4_iptables_1.34.4_ipv4", "journal.ndjson"));
    expect(journal.damaged).to.deep.equal([]);
    expect(listOpenFaults(journal)).to.deep.equal([]);
  });

  it("a log of 44bf7fb is judged as it was then: every verdict, path and time", () => {
    const was = JSON.parse(readFileSync(join(RUN, "report.json"), "utf8")) as Run;
    const now = judgeRun(readRun(RUN));
    expect(now.summary).to.deep.equal(was.summary);
    expect(now.cells[0]?.clusters).to.deep.equal(was.cells[0]?.clusters);
    const told = ({ results }: Run) =>
      results.map(({ scenario, verdict, cluster, times, paths }) => ({
        scenario,
        verdict,
        cluster,
        times,
        paths: paths.map(({ path, expected, observed, verdict: ofPath }) => ({ path, expected, observed, ofPath })),
      }));
    expect(told(now)).to.deep.equal(told(was));
    expect(now.results[0]?.nodeStateDifferences).to.deep.equal([]);
  });
});
