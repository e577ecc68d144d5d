import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { newRunId, writeHeader } from "../../../cli/store/run-dir.ts";
import { clusterName } from "../../../clusters/create/network.ts";
import { clustersNamed, runOfProcess } from "../../e2e/command-line.ts";

describe("clustersNamed", () => {
  const runId = newRunId(new Date(), 0.25);

  it("is each cluster of a run that it has spoken of, by whatever stream, and no part of one", () => {
    const [one = "", other = ""] = [0, 12].map((index) => clusterName(runId, index));
    const stderr = `cell cluster: ${one}\nnode A is ${one}-worker2; /tmp/faultline-isolation-x`;
    expect(clustersNamed({ stdout: `cluster ${other} kept;`, stderr }, runId)).to.have.members([one, other]);
    expect(clustersNamed({ stdout: "", stderr: "faultline: no such suite" }, runId)).to.deep.equal([]);
  });

  it("is none of another run, of which it has spoken as well", () => {
    const foreign = clusterName(newRunId(new Date(), 0.75), 0);
    expect(clustersNamed({ stdout: "", stderr: `clusters known here: ${foreign}` }, runId)).to.deep.equal([]);
  });
});

describe("runOfProcess", () => {
  let runs = "";
  beforeEach(() => {
    runs = mkdtempSync(join(tmpdir(), "faultline-runs-"));
  });
  afterEach(() => {
    rmSync(runs, { recursive: true });
  });

  /** A run that a process carried out. */
  function madeBy(pid: number, runId: string): void {
    mkdirSync(join(runs, runId));
    const owner = `${pid}/12345/6f6e1b9c-0000-4000-8000-000000000000/4026531836`;
    const header = { runId, startedAt: "", command: [], facts: {}, cells: [], durationMs: null };
    writeHeader(join(runs, runId), { ...header, owner });
  }

  it("is the newest with that process as its owner, and none where there is none", () => {
    madeBy(77, "20261121-100000-aaaa");
    madeBy(77, "20261122-100000-bbbb");
    madeBy(78, "20261122-110000-cccc");
    expect(runOfProcess(77, runs)).to.equal("20261122-100000-bbbb");
    expect(runOfProcess(7, runs)).to.equal(undefined);
    expect(runOfProcess(undefined, runs)).to.equal(undefined);
  });
});
