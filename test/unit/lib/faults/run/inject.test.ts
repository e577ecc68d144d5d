import { expect } from "chai";
import { NotUndoneError, UsageError } from "../../../../../lib/host/errors.ts";
import { injectFault } from "../../../../../lib/faults/run/inject.ts";
import { FaultNotInForce, GuardError } from "../../../../../lib/faults/contract/refused.ts";
import type { Journal, NewEntry } from "../../../../../lib/faults/run/journal.ts";
import { JournalError, openJournal } from "../../../../../lib/journal/journal.ts";
import { fakeNode, sysctlOnA } from "../../../../fixtures/faults/fake-node.ts";
import { rejection } from "../../../../fixtures/faults/rejection.ts";

const noForwarding = sysctlOnA("net.ipv4.ip_forward", "0");
const PATH = "net/ipv4/ip_forward";

/** Returns a journal in memory that writes into the node's log, to show their order; fails at the states named. */
function loggedJournal(log: string[], failing: readonly NewEntry["state"][] = []): Journal {
  const append = ({ state }: NewEntry): void => {
    if (failing.includes(state)) throw new JournalError("memory", new Error("ENOSPC"));
    log.push(`journal ${state}`);
  };
  return { append };
}

describe("inject", () => {
  it("journals before it acts, and reads back before it calls it verified", async () => {
    const log: string[] = [];
    const node = fakeNode("node-a", log);
    const injected = await injectFault({ target: node.target, nodeFault: noForwarding, journal: loggedJournal(log) });
    expect(log).to.deep.equal([
      `capture ${PATH}`,
      "journal intent",
      `apply ${PATH}`,
      "journal applied",
      `read-back ${PATH}`,
      "journal verified",
    ]);
    log.length = 0;
    expect(await injected.heal()).to.deep.include({ ok: true, outcome: "undone" });
    const undoing = [
      "journal undo-intent",
      `undo ${PATH}`,
      `verify ${PATH}`,
      "journal undone",
      "journal undo-verified",
    ];
    expect(log).to.deep.equal(undoing);
  });

  it("applies nothing when the journal is on a full disk", async () => {
    const node = fakeNode();
    using journal = openJournal("/dev/full");
    const error = await rejection(injectFault({ target: node.target, nodeFault: noForwarding, journal }));
    expect(error).to.be.instanceOf(JournalError);
    expect(node.ran).to.deep.equal([`capture ${PATH}`]);
  });

  for (const failing of ["applied", "verified"] as const) {
    it(`undoes at once when the journal fails after the act (${failing})`, async () => {
      const log: string[] = [];
      const node = fakeNode("node-a", log);
      const error = await rejection(
        injectFault({ target: node.target, nodeFault: noForwarding, journal: loggedJournal(log, [failing]) }),
      );
      expect(error).to.be.instanceOf(JournalError);
      expect(node.values.get(PATH)).to.equal("1");
    });
  }

  it("heals even when the journal cannot be written any more, and says so", async () => {
    const log: string[] = [];
    const node = fakeNode("node-a", log);
    const journal = loggedJournal(log, ["undo-intent", "undone", "undo-verified"]);
    const injected = await injectFault({ target: node.target, nodeFault: noForwarding, journal });
    const healed = await injected.heal();
    expect(healed.ok).to.equal(true);
    expect(healed.detail).to.equal("undone and verified; journal memory could not be written: ENOSPC");
    expect(node.values.get(PATH)).to.equal("1");
  });

  /** With an agent that puts the value right at once. */
  function lookedAfter(log: string[]) {
    const node = fakeNode("node-a", log);
    const exec: typeof node.target.exec = async (argv, options) => {
      const done = await node.target.exec(argv, options);
      if (log.at(-1)?.startsWith("apply")) node.values.set(PATH, "1");
      return done;
    };
    return { node, target: { ...node.target, exec } };
  }

  it("goes on with what is not in force when read back, where an agent may undo it", async () => {
    const log: string[] = [];
    const { node, target } = lookedAfter(log);
    const journal = loggedJournal(log);
    const injected = await injectFault({ target, nodeFault: noForwarding, journal, mayBeUndone: true });
    expect((await injected.readBack()).inForce).to.equal(false);
    expect(log.filter((line) => line.includes("verified"))).to.deep.equal([]);
    expect((await injected.heal()).ok).to.equal(true);
    expect(node.values.get(PATH)).to.equal("1");
  });

  it("undoes and refuses what is not in force when read back", async () => {
    const log: string[] = [];
    const { target } = lookedAfter(log);
    const error = await rejection(injectFault({ target, nodeFault: noForwarding, journal: loggedJournal(log) }));
    expect(error).to.be.instanceOf(FaultNotInForce);
    expect(error.message).to.equal("sysctl net.ipv4.ip_forward=0 on A did not take: net.ipv4.ip_forward = 1");
    expect(log.at(-1)).to.equal("journal undo-verified");
  });

  it("says which exit code applies when it can neither apply nor undo", async () => {
    const node = fakeNode();
    node.failing.add(`read-back ${PATH}`).add(`undo ${PATH}`);
    const attempt = injectFault({ target: node.target, nodeFault: noForwarding, journal: loggedJournal([]) });
    const error = await rejection(attempt);
    expect(error).to.be.instanceOf(NotUndoneError).with.property("exitCode", 5);
  });

  it("heals once when asked several times at once, and again after a failure", async () => {
    const node = fakeNode();
    const injected = await injectFault({ target: node.target, nodeFault: noForwarding, journal: loggedJournal([]) });
    node.failing.add(`undo ${PATH}`);
    const [first, second] = await Promise.all([injected.heal(), injected.heal()]);
    expect(first).to.equal(second);
    expect(first.ok).to.equal(false);
    node.failing.clear();
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
  });

  const REFUSED = [
    ["a host-wide sysctl", sysctlOnA("net.netfilter.nf_conntrack_max", "1"), GuardError],
    ["a key outside net", sysctlOnA("kernel.panic", "1"), GuardError],
    ["a key that climbs out", sysctlOnA("net.//.//.kernel.panic", "1"), GuardError],
    ["a value that is code", sysctlOnA("net.ipv4.ip_forward", "$(reboot)"), UsageError],
    ["a fault for another node", { ...noForwarding, node: "B" }, GuardError],
    ["an unknown kind", { node: "A", fault: { kind: "reboot" } }, UsageError],
  ] as const;
  for (const [what, nodeFault, type] of REFUSED) {
    it(`refuses ${what} before anything runs or is journaled`, async () => {
      const log: string[] = [];
      const node = fakeNode("node-a", log);
      const attempt = injectFault({ target: node.target, nodeFault: nodeFault as never, journal: loggedJournal(log) });
      expect(await rejection(attempt)).to.be.instanceOf(type);
      expect(log).to.deep.equal([]);
    });
  }
});
