import { expect } from "chai";
import fc from "fast-check";
import type { TargetIdentity } from "../../../lib/faults/run/identity.ts";
import { transportOf } from "../../../lib/faults/run/identity.ts";
import { opened, sealed, type Intent } from "../../../lib/journal/entry.ts";
import { containerIdentity } from "../../fixtures/faults/fake-node.ts";
import { hostile, isPassable, SEED, somethingWasExecuted, STRINGS } from "./hostile.ts";
import { expectArrival } from "./real-process.ts";

const { netnsInode, bootId, initStartTicks } = containerIdentity("node-a");
const NETNS: TargetIdentity = { kind: "netns", name: "faultline-a", netnsInode, bootId, initStartTicks };
const IDENTITIES: readonly TargetIdentity[] = [containerIdentity("node-a"), NETNS];

const fault = { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } as const;
const prior = { value: "1", alongside: [] };
const intent = { v: 1, atMs: 0, faultId: "fuzz1", state: "intent", nodeFault: { node: "A", fault }, prior } as const;

type Put = (text: string) => object;

/** Every string of an intent that is not the fault's own, and how somebody else's text gets into its place. */
const FIELDS: readonly (readonly [field: string, put: Put])[] = [
  ["faultId", (faultId) => ({ ...intent, faultId, target: NETNS })],
  ["nodeFault.node", (node) => ({ ...intent, nodeFault: { node, fault }, target: NETNS })],
  ...IDENTITIES.flatMap((target) =>
    Object.keys(target).map((key): readonly [string, Put] => [
      `target.${key}`,
      (text) => ({ ...intent, target: { ...target, [key]: text } }),
    ]),
  ),
];
const candidates = fc
  .tuple(fc.constantFrom(...FIELDS), hostile("node-a", "fuzz1", "f".repeat(64), bootId))
  .map(([[field, put], text]) => ({ field, entry: put(text) }));

describe(`whatever stands in a journal (seed ${SEED})`, function () {
  this.timeout(60_000);
  const words = new Set<string>();

  it("a line is damaged, which names the field, or its strings stay words of the command that reaches the node", () => {
    const taken = new Set<string>();
    fc.assert(
      fc.property(candidates, ({ field, entry }) => {
        const read = opened(sealed(entry as Intent).trimEnd());
        if (read.kind === "damaged") {
          expect(read.why).to.include(field);
          return;
        }
        expect(read.kind).to.equal("entry");
        taken.add(field);
        const { target } = entry as Intent;
        const transport = transportOf(target);
        const place = target.kind === "container" ? target.containerId : target.name;
        expect(transport).to.deep.equal([
          ...(target.kind === "container" ? ["docker", "exec"] : ["ip", "netns", "exec"]),
          place,
        ]);
        // What leads an argument must not make an option of it.
        expect(place).to.match(/^[a-z0-9]/);
        for (const word of [...transport, target.netnsInode, target.bootId]) words.add(word);
      }),
      { numRuns: STRINGS.journal, seed: SEED },
    );
    // startedAt and cluster are only compared; the rest reached a command.
    expect([...taken]).to.include.members(["target.name", "target.startedAt", "target.cluster"]);
  });

  it("those words arrive in a real process as they are, and nothing is executed", async () => {
    await expectArrival([...words].filter(isPassable));
    expect(somethingWasExecuted()).to.equal(false);
  });
});
