import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { injectFault, type InjectedFault } from "../../../lib/faults/run/inject.ts";
import { openJournal } from "../../../lib/journal/journal.ts";
import { busyLoops } from "../../fixtures/busy.ts";
import { differences, makeLane, ONE_OF_EACH } from "../../fixtures/faults/crash-sweep.ts";
import { leftOn } from "../../fixtures/faults/node-state.ts";
import { IS_ALL } from "../../nightly.ts";

const LEASE = { leaseMs: 6_000, longestMs: 900_000 };
/** More than two leases at least. */
const FOR_MS = IS_ALL ? 60_000 : 14_000;

describe("the dead-man on a busy machine", function () {
  this.timeout(180_000);

  it(`undoes nothing that is renewed: ${FOR_MS / 1000} s beside four busy loops, with a lease of 6 s`, async () => {
    await using lane = await makeLane();
    using journal = openJournal(lane.newJournal());
    const target = await lane.node.target();
    const injected: InjectedFault[] = [];
    const load = busyLoops(4);
    try {
      for (const fault of ONE_OF_EACH)
        injected.push(await injectFault({ target, nodeFault: { node: "A", fault }, journal, lease: LEASE }));
      await pause(FOR_MS);
    } finally {
      load[Symbol.dispose]();
    }
    expect(leftOn(lane.inode)).to.deep.include({ fired: [] });
    for (const one of injected) {
      expect(await one.readBack()).to.include({ inForce: true });
      const healed = await one.heal();
      expect(healed).to.include({ ok: true, outcome: "undone" });
      expect(healed.finding).to.equal(undefined);
    }
    expect(await differences(lane)).to.deep.equal([]);
    expect(leftOn(lane.inode)).to.deep.include({ armed: [], fired: [] });
  });
});
