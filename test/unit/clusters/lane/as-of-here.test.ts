import { expect } from "chai";
import { asOfHere } from "../../../../cli/cell/cell-in-lane.ts";
import type { Skip } from "../../../../lib/model/skip.ts";
import { skipIfTooSmall } from "../../../../lib/scenario/cluster-size.ts";
import { noFault } from "../../../../lib/scenario/spec.ts";
import { RECORD } from "../../sample-cluster.ts";

describe("asOfHere", () => {
  const skipped = (skip: Skip) => asOfHere({ type: "skipped", scenario: "a/b", ...skip, atMs: 5, upMs: 7 }, 100);
  const noProxy: Skip = { code: "cell", reason: "no kube-proxy" };

  it("moves an event's time since the VM's start onto this machine's clock", () => {
    const moved = { type: "skipped", scenario: "a/b", ...noProxy, atMs: 5, upMs: 107 };
    expect(skipped(noProxy)).to.deep.equal(moved);
  });

  it("drops the events that this run logs itself", () => {
    expect(asOfHere({ type: "cell-finished", durationMs: 1, atMs: 5 }, 100)).to.equal(null);
    expect(asOfHere({ type: "cluster-kept", name: "faultline-x", detail: "use it", atMs: 5 }, 100)).to.equal(null);
  });

  it("does not advise leaving out --cluster, because Faultline chose the cluster in the VM", () => {
    const third = {
      id: "a/b",
      title: "t",
      claim: "c",
      documented: [],
      fault: noFault,
      needs: { nodes: 3 },
      recovers: { withinMs: 1 },
      expect: { "third → server by podIP": "ok" },
    } as const;
    const inVm = skipIfTooSmall(third, RECORD);
    expect(inVm?.reason).to.include("--cluster");
    const here = inVm && skipped(inVm);
    expect(here).to.include({ code: "two-node-lane" });
    expect(here)
      .to.have.property("reason")
      .that.matches(/third node, and a cluster in the kernel lane has two/);
    expect(here).to.have.property("reason").that.does.not.include("--cluster");
  });
});
