import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import type { Fault } from "../../lib/faults/registry.ts";
import { injectFault, type InjectedFault } from "../../lib/faults/run/inject.ts";
import { FaultNotInForce } from "../../lib/faults/contract/refused.ts";
import type { Lease } from "../../lib/faults/run/dead-man.ts";
import type { Target } from "../../lib/faults/run/target.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { differences, makeLane, victim, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leftOn } from "../fixtures/faults/node-state.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { cuttable } from "../fixtures/faults/targets.ts";
import { IS_ALL } from "../nightly.ts";
import { TEST_SEED } from "../sample.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

const sysctl = (key: string, value: string): Fault => ({ kind: "sysctl", key, value });
const route = (type: "blackhole" | "unreachable", to: string): Fault => ({ kind: "route", type, to });
const drop: Fault = { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 };

/** Each two write to the same, or the kernel makes it so. */
const OVERLAPPING: readonly (readonly [Fault, Fault])[] = [
  [sysctl("net.ipv4.ip_default_ttl", "13"), sysctl("net.ipv4.ip_default_ttl", "14")],
  [sysctl("net.ipv4.ip_default_ttl", "13"), sysctl("net.ipv4.ip_default_ttl", "13")],
  [sysctl("net.ipv4.ip_forward", "0"), sysctl("net.ipv4.conf.cni0.forwarding", "0")],
  [sysctl("net.ipv4.ip_forward", "0"), sysctl("net.ipv4.conf.all.forwarding", "0")],
  [sysctl("net.ipv4.ip_forward", "0"), sysctl("net.ipv4.conf.all.accept_redirects", "1")],
  [sysctl("net.ipv4.conf.default.log_martians", "1"), sysctl("net.ipv4.conf.cni0.log_martians", "1")],
  [sysctl("net.ipv6.conf.all.forwarding", "1"), sysctl("net.ipv6.conf.eth0.forwarding", "1")],
  [route("blackhole", "10.98.4.0/24"), route("unreachable", "10.98.4.9/24")],
  [route("blackhole", "10.98.4.0/24"), { kind: "route", type: "unicast", to: "10.98.4.0/24", device: "cni0" }],
];
const POOL: readonly Fault[] = [...OVERLAPPING.flat(), drop, drop, { ...drop, hook: "input" }];

type Step = { readonly inject: Fault } | { readonly heal: number } | "heal all from the journal";
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ inject: fc.constantFrom(...POOL) }), weight: 5 },
  { arbitrary: fc.record({ heal: fc.nat(9) }), weight: 3 },
  { arbitrary: fc.constant("heal all from the journal" as const), weight: 1 },
);
/** One after the other; those of one batch side by side. */
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 6 });
const RUNS = IS_ALL ? 30 : 8;

describe("overlapping faults", function () {
  this.timeout(300_000);
  let lane: SweepLane;
  let target: Target;

  before(async () => {
    lane = await makeLane();
    target = await lane.node.target();
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
  });

  const nothingLeft = async (): Promise<void> => {
    expect(await differences(lane)).to.deep.equal([]);
    expect(leftOn(lane.inode)).to.deep.include({ armed: [], fired: [] });
  };

  for (const [one, other] of OVERLAPPING) {
    it(`are never in force together: ${JSON.stringify(one)}, ${JSON.stringify(other)}`, async () => {
      using journal = openJournal(lane.newJournal());
      for (const [first, second] of [[one, other] as const, [other, one] as const]) {
        const put = (fault: Fault) => injectFault({ target, nodeFault: { node: "A", fault }, journal });
        const injected = await put(first);
        const written = readFileSync(journal.path, "utf8");
        const refused = await rejection(put(second));
        expect(refused).to.be.instanceOf(FaultNotInForce).with.property("message").that.includes("writes to the same");
        expect(readFileSync(journal.path, "utf8"), "refused before it was journaled").to.equal(written);
        expect(await injected.readBack()).to.include({ inForce: true });
        expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
        const next = await put(second);
        expect(await next.heal()).to.include({ ok: true, outcome: "undone" });
      }
      await nothingLeft();
    });
  }

  it(`end at the baseline however they are interleaved (${RUNS} times, FAULTLINE_TEST_SEED=${TEST_SEED})`, async () => {
    const property = fc.asyncProperty(batches, fc.array(fc.nat()), async (steps, order) => {
      const path = lane.newJournal();
      {
        using journal = openJournal(path);
        const injected: InjectedFault[] = [];
        for (const batch of steps) await Promise.all(batch.map((one) => take(one, injected, journal)));
        const shuffled = injected.toSorted(
          (a, b) => (order[injected.indexOf(a)] ?? 0) - (order[injected.indexOf(b)] ?? 0),
        );
        for (const one of shuffled) expect(await one.heal()).to.include({ ok: true });
      }
      await nothingLeft();
      const written = readFileSync(path, "utf8");
      expect(await healRun(path, { host: USUAL_HOST })).to.deep.equal({ ok: true, outcomes: [], problems: [] });
      expect(readFileSync(path, "utf8")).to.equal(written);
    });
    // Once a node is not what it was, nothing more can be learned on it.
    await fc.assert(property, { seed: TEST_SEED, numRuns: RUNS, endOnFailure: true });
  });

  async function take(one: Step, injected: InjectedFault[], journal: ReturnType<typeof openJournal>): Promise<void> {
    if (one === "heal all from the journal") {
      expect(await healRun(journal.path, { host: USUAL_HOST })).to.include({ ok: true });
      return;
    }
    if ("heal" in one) {
      const healed = await injected[one.heal]?.heal();
      if (healed) expect(healed).to.include({ ok: true });
      return;
    }
    try {
      injected.push(await injectFault({ target, nodeFault: { node: "A", fault: one.inject }, journal }));
    } catch (error) {
      if (!(error instanceof FaultNotInForce)) throw error;
    }
  }

  it("are healed as well by healing twice, at once and one after the other", async () => {
    const path = lane.newJournal();
    await victim(lane, path, { faults: [drop, sysctl("net.ipv4.ip_forward", "0")], what: "inject" });
    for (const report of await Promise.all([healRun(path, { host: USUAL_HOST }), healRun(path, { host: USUAL_HOST })]))
      expect(report).to.include({ ok: true });
    await nothingLeft();
    expect(await healRun(path, { host: USUAL_HOST })).to.deep.equal({ ok: true, outcomes: [], problems: [] });
  });

  it("of two processes that race end at the baseline", async () => {
    for (let times = 0; times < (IS_ALL ? 5 : 2); times += 1) {
      const racers = ["13", "14", "13"].map((value) =>
        victim(lane, lane.newJournal(), { faults: [sysctl("net.ipv4.ip_default_ttl", value)], what: "both" }),
      );
      for (const { exitCode, stderr } of await Promise.all(racers)) {
        expect(exitCode, stderr).to.be.oneOf([0, 2]);
        if (exitCode === 2) expect(stderr).to.include("writes to the same");
      }
      await nothingLeft();
    }
  });

  it("of which the first was the dead-man's: its heal leaves the second in force", async () => {
    const fault = sysctl("net.ipv4.ip_forward", "0");
    const short: Lease = { leaseMs: 2_000, longestMs: 60_000 };
    const connection = cuttable(target);
    using first = openJournal(lane.newJournal());
    using second = openJournal(lane.newJournal());
    await injectFault({ target: connection.target, nodeFault: { node: "A", fault }, journal: first, lease: short });
    connection.cut();
    const fired = () =>
      leftOn(lane.inode).fired.length > 0 ? Promise.resolve() : Promise.reject(new Error("not yet"));
    await waitFor("its dead-man", fired, { budgetMs: 20_000, intervalMs: 50 });
    const injected = await injectFault({ target, nodeFault: { node: "A", fault }, journal: second });
    const [outcome] = (await healRun(first.path, { host: USUAL_HOST })).outcomes;
    expect(outcome).to.include({ outcome: "undone" });
    expect(outcome?.finding).to.include("its dead-man had undone it");
    expect(await injected.readBack()).to.include({ inForce: true });
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "undone" });
    expect(healed.finding).to.equal(undefined);
    await nothingLeft();
  });
});
