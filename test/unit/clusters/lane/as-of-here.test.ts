import { expect } from "chai";
import { asOfHere } from "../../../../cli/cell/cell-in-lane.ts";
import { whyTooSmall } from "../../../../lib/scenario/cluster-size.ts";
import { noFault } from "../../../../lib/scenario/spec.ts";
import { RECORD } from "../../sample-cluster.ts";

describe("asOfHere", () => {
  const skipped = (reason: string) => asOfHere({ type: "skipped", scenario: "a/b", reason, atMs: 5, upMs: 7 }, 100);

  it("makes the VM's time since its start ours, and leaves what this run says itself to it", () => {
    expect(skipped("no kube-proxy")).to.deep.equal({
      ...{ type: "skipped", scenario: "a/b", reason: "no kube-proxy", atMs: 5, upMs: 107 },
    });
    expect(asOfHere({ type: "cell-finished", durationMs: 1, atMs: 5 }, 100)).to.equal(null);
    const kept = "cluster faultline-x kept; use it with --cluster faultline-x; delete it with ./faultline gc";
    expect(asOfHere({ type: "note", text: kept, atMs: 5 }, 100)).to.equal(null);
  });

  it("tells nobody to leave out a --cluster that was our own word in the VM", () => {
    const third = {
      ...{ id: "a/b", title: "t", claim: "c", documented: [], fault: noFault, recovers: { withinMs: 1 } },
      expect: { "third → server by podIP": "ok" },
    } as const;
    const inVm = whyTooSmall(third, RECORD) ?? "";
    expect(inVm).to.include("--cluster");
    const here = skipped(inVm);
    expect(here)
      .to.have.property("reason")
      .that.matches(/third node, and a cluster in the kernel lane has two/);
    expect(here).to.have.property("reason").that.does.not.include("--cluster");
  });
});
