import { expect } from "chai";
import { newRunId } from "../../cli/run-dir.ts";
import { clusterName } from "../../clusters/network.ts";
import { clustersNamed } from "../e2e/command-line.ts";

describe("clustersNamed", () => {
  it("is each cluster that a run has spoken of, by whatever stream, and no part of one", () => {
    const [one, other] = [0, 12].map((index) => clusterName(newRunId(new Date(), Math.random()), index));
    const stderr = `cell cluster: ${one}\nnode A is ${one}-worker2; /tmp/faultline-isolation-x`;
    expect(clustersNamed({ code: 1, stdout: `cluster ${other} kept;`, stderr })).to.have.members([one, other]);
    expect(clustersNamed({ code: 3, stdout: "", stderr: "faultline: no such suite" })).to.deep.equal([]);
  });
});
