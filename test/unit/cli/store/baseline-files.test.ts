import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Baseline } from "../../../../lib/baseline/baseline.ts";
import { recordBaseline } from "../../../../lib/baseline/record.ts";
import { FaultlineError, UsageError } from "../../../../lib/host/errors.ts";
import type { Cluster } from "../../../../lib/model/cluster.ts";
import { readBaseline, writeBaseline } from "../../../../cli/store/baseline-files.ts";
import { chosen } from "../../../../cli/store/observable.ts";
import { cellDir, readRun, writeHeader } from "../../../../cli/store/run-dir.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { CELL } from "../../sample-log.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const NOTHING = { items: [], missing: [] };

function baseline(runId: string): Baseline {
  const states = (["A", "B"] as const).map((node) => ({ node, empty: ["nft"], missing: [] }));
  const label = { runId, recordedAt: "2026-01-01T00:00:00Z" };
  return {
    schemaVersion: 1,
    cluster: RECORD.name,
    ...label,
    paths: {},
    fingerprints: { A: NOTHING, B: NOTHING },
    states,
  };
}

describe("a recorded baseline", () => {
  let runs = "";
  beforeEach(() => (runs = mkdtempSync(join(tmpdir(), "faultline-baseline-"))));
  afterEach(() => rmSync(runs, { recursive: true, force: true }));

  function used(runId: string, kind?: "observation"): string {
    const run = join(runs, runId);
    mkdirSync(run);
    const header = { runId, startedAt: "", command: [], facts: {}, cells: [CELL], owner: "", durationMs: null };
    writeHeader(run, { ...header, ...(kind && { kind }) });
    const dir = cellDir(run, "cell");
    writeFileSync(join(dir, "cluster.json"), JSON.stringify(RECORD));
    return dir;
  }
  const texts = new Map(
    (["A", "B"] as const).map(
      (node) =>
        [
          node,
          new Map([
            ["nft", ""],
            ["../x", `x of ${node}`],
          ]),
        ] as const,
    ),
  );

  it("comes back as it was written, for nobody but the owner, and not outside its folder", () => {
    const dir = used("1-made");
    writeBaseline(dir, { baseline: baseline("1-made"), texts });
    const back = readBaseline(RECORD.name, runs);
    expect(back?.baseline).to.deep.equal(baseline("1-made"));
    expect(back?.texts.get("A")).to.deep.equal(
      new Map([
        ["..-x".replace("-", "_"), "x of A"],
        ["nft", ""],
      ]),
    );
    expect(statSync(join(dir, "baseline.json")).mode & 0o777).to.equal(0o600);
    expect(existsSync(join(dir, "baseline", "x.txt"))).to.equal(false);
  });

  it("is the newest of all runs that used the cluster", () => {
    for (const runId of ["1-made", "2-again"]) writeBaseline(used(runId), { baseline: baseline(runId), texts });
    used("3-later");
    expect(readBaseline(RECORD.name, runs)?.baseline.runId).to.equal("2-again");
    expect(readBaseline("faultline-other", runs)).to.equal(null);
  });

  for (const damage of ["", "{", '{"schemaVersion":2}', '{"schemaVersion":1}']) {
    it(`is refused when it holds ${JSON.stringify(damage)}`, () => {
      writeFileSync(join(used("1-made"), "baseline.json"), damage);
      expect(() => readBaseline(RECORD.name, runs)).to.throw(FaultlineError, /cannot be read/);
    });
  }

  it("belongs to an observation, which is no run of suites and has no report", () => {
    used("1-observed", "observation");
    expect(() => readRun(join(runs, "1-observed"))).to.throw(UsageError, /is an observation/);
    expect(readFileSync(join(runs, "1-observed", "run.json"), "utf8")).to.contain("observation");
  });

  it("is not taken of a cluster that cannot be asked", async () => {
    const failing: Cluster = {
      record: RECORD,
      timeScale: USUAL_SPEED,
      exec: () => () => Promise.reject(new Error("no such container")),
      locate: () => Promise.resolve(WHERE),
    };
    let refused: unknown;
    await recordBaseline(failing, ["same → server by podIP"], { runId: "1", recordedAt: "" }).catch(
      (error: unknown) => (refused = error),
    );
    expect(refused).to.be.instanceOf(Error);
  });
});

describe("which cluster is observed", () => {
  const named = (name: string) => ({ ...RECORD, name });
  const [a, b] = [named("faultline-a"), named("faultline-b")];

  it("is the one that is named, or the only one that is there", () => {
    expect(chosen("faultline-a", [a, b], ["faultline-a", "faultline-b"])).to.equal(a);
    expect(chosen(undefined, [a, b], ["faultline-b", "faultline-foreign"])).to.equal(b);
  });

  const refused: readonly (readonly [string, string | undefined, readonly string[], RegExp])[] = [
    ["none is there", undefined, [], /no kept cluster/],
    ["several are, and none is named", undefined, ["faultline-a", "faultline-b"], /several clusters are kept/],
    ["the one that is named is gone", "faultline-a", ["faultline-b"], /not there any more/],
    ["the one that is named is somebody else's", "faultline-foreign", ["faultline-foreign"], /not ours to touch/],
  ];
  for (const [when, name, there, message] of refused) {
    it(`is refused when ${when}`, () => {
      expect(() => chosen(name, [a, b], there)).to.throw(UsageError, message);
    });
  }
});
