import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mustExec } from "../../lib/host/exec.ts";
import type { PolicyFault } from "../../lib/faults/kinds/policy/kind.ts";
import type { RuleFault } from "../../lib/faults/kinds/rule/kind.ts";
import { takeFingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { crashes, makeLane, sweep } from "../fixtures/faults/crash-sweep.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";
import { sampled, sampleTitle } from "../sample.ts";

const POLICY: PolicyFault = { kind: "policy", chain: "FORWARD", policy: "DROP" };
const RULE: RuleFault = { kind: "rule", table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" };
const MINE = '-m comment --comment "flanneld forward" -j FLANNEL-FWD';

/** What kube-proxy and flannel put into a node's filter table, and one family 6 rule. */
const DRESS = `
for chain in KUBE-FORWARD KUBE-SERVICES FLANNEL-FWD; do iptables -N $chain; done
iptables -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
iptables -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
iptables -A FORWARD ${MINE}
iptables -A FORWARD -s 10.1.0.0/16 ! -d 224.0.0.0/4 -p tcp -m tcp --dport 80 -m comment --comment "it's \\"the\\" last" -j ACCEPT
ip6tables -A FORWARD -d fd00::/64 -j ACCEPT
iptables -t nat -N KUBE-SERVICES
iptables -t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`;

/** As flannel: looks whether its rule is there, and some time ($1, in s) after it has found it missing appends it. */
const AGENT = `while iptables -S FORWARD | grep -q FLANNEL-FWD; do sleep 0.01; done
sleep "$1"
iptables -A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD`;

describe("faults of iptables on a real kernel", function () {
  this.timeout(120_000);
  let stand: Stand;

  before(async () => {
    stand = await makeStand([]);
    await stand.script(DRESS);
  });

  beforeEach(async () => {
    await stand.remember();
  });

  after(async () => {
    await stand[Symbol.asyncDispose]();
  });

  const chain = async (): Promise<readonly string[]> =>
    (await stand.run("iptables -S FORWARD")).split("\n").filter((line) => line.startsWith("-A"));
  const copies = async (): Promise<number> => (await chain()).filter((line) => line.endsWith("-j FLANNEL-FWD")).length;

  for (const [fault, ask, shows] of [
    [POLICY, "iptables -S FORWARD", /^-P FORWARD DROP$/m],
    [{ ...POLICY, family: 6 }, "ip6tables -S FORWARD", /^-P FORWARD DROP$/m],
    [RULE, "iptables -S FORWARD", /KUBE-SERVICES\n-A FORWARD -s/],
    [{ ...RULE, comment: "flanneld forward" }, "iptables -S FORWARD", /KUBE-SERVICES\n-A FORWARD -s/],
    [{ ...RULE, target: "KUBE-FORWARD" }, "iptables -S FORWARD", /^-P FORWARD ACCEPT\n-A FORWARD -m conntrack/],
    [{ ...RULE, target: "ACCEPT", comment: `it's "the" last` }, "iptables -S FORWARD", /FLANNEL-FWD\n$/],
    [{ ...RULE, target: "ACCEPT", family: 6 }, "ip6tables -S FORWARD", /^-P FORWARD ACCEPT\n$/],
    [
      { ...RULE, table: "nat", chain: "PREROUTING", target: "KUBE-SERVICES" },
      "iptables -t nat -S PREROUTING",
      /^-P PREROUTING ACCEPT\n$/,
    ],
  ] as const) {
    it(`apply, are read back, and are undone: ${JSON.stringify(fault)}`, async () => {
      const injected = await stand.inject(fault);
      expect(await stand.run(ask)).to.match(shows);
      expect(await injected.readBack()).to.include({ inForce: true });
      expect(await stand.differences()).to.not.be.empty;
      expect(await injected.heal()).to.deep.include({ ok: true, outcome: "undone", detail: "undone and verified" });
      expect(await stand.differences()).to.deep.equal([]);
    });

    it(`take twice for once, and leave alone what was never applied: ${JSON.stringify(fault)}`, async () => {
      const hand = await stand.byHand(fault, "twice");
      expect(await hand.undo()).to.equal("nothing-to-undo\n");
      expect(await hand.verify()).to.equal("clean\n");
      for (let times = 0; times < 2; times += 1) await hand.apply();
      expect(await hand.verify()).to.match(/^still-in-force /);
      expect(await hand.undo()).to.equal("undone\n");
      expect(await hand.undo()).to.equal("nothing-to-undo\n");
      expect(await hand.verify()).to.equal("clean\n");
      expect(await stand.differences()).to.deep.equal([]);
    });
  }

  it("are undone in any order where both are in force on one chain", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const both = [await stand.inject(POLICY), await stand.inject(RULE)];
      for (const index of order) expect(await both[index]?.heal()).to.include({ ok: true, outcome: "undone" });
      expect(await stand.differences()).to.deep.equal([]);
    }
  });

  it("leave a policy that somebody has put back, and say so", async () => {
    const injected = await stand.inject(POLICY);
    await stand.run("iptables -P FORWARD ACCEPT");
    expect(await injected.readBack()).to.deep.equal({ inForce: false, detail: "policy of FORWARD is ACCEPT" });
    expect(await injected.heal()).to.include({ ok: true, finding: "someone else had undone it before" });
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("see that the agent has put its rule back, and add no second one", async () => {
    const injected = await stand.inject(RULE);
    await stand.script(`iptables -A FORWARD ${MINE}`);
    expect(await injected.readBack()).to.deep.equal({ inForce: false, detail: "the rule is back" });
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "nothing-to-undo" });
    expect(healed.finding).to.equal("someone else had undone it before");
    expect(await copies()).to.equal(1);
    await stand.script(`iptables -D FORWARD ${MINE} && iptables -I FORWARD 3 ${MINE}`);
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("put a rule back beside its neighbours when the chain has changed meanwhile", async () => {
    const injected = await stand.inject(RULE);
    await stand.script(`iptables -I FORWARD -s 10.9.0.1 -j ACCEPT && iptables -A FORWARD -s 10.9.0.2 -j ACCEPT
      iptables -D FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`);
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect((await chain()).map((line) => line.split(" ").at(-1))).to.deep.equal([
      "ACCEPT",
      "KUBE-FORWARD",
      "FLANNEL-FWD",
      "ACCEPT",
      "ACCEPT",
    ]);
    await stand.script(`iptables -D FORWARD -s 10.9.0.1 -j ACCEPT && iptables -D FORWARD -s 10.9.0.2 -j ACCEPT
      iptables -I FORWARD 2 -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`);
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("put no rule back that would lead to a chain that is gone", async () => {
    const injected = await stand.inject(RULE);
    await stand.run("iptables -X FLANNEL-FWD");
    expect(await injected.heal()).to.deep.include({
      ok: true,
      outcome: "changed-by-other",
      finding: "changed by someone else meanwhile, left as it is: chain FLANNEL-FWD, to which the rule led, is gone",
    });
    await stand.script(`iptables -N FLANNEL-FWD && iptables -I FORWARD 3 ${MINE}`);
    expect((await stand.differences()).filter((line) => !line.includes("chain FLANNEL-FWD"))).to.deep.equal([]);
  });

  const agent = (afterMs: number) =>
    spawn("ip", ["netns", "exec", stand.name, "sh", "-c", AGENT, "agent", String(afterMs / 1000)]);

  it("leave one rule when the agent adds its own at the very moment at which we do", async () => {
    const found = new Set<string>();
    for (let afterMs = 0; afterMs <= 280; afterMs += 40) {
      const running = agent(afterMs);
      const ended = once(running, "exit");
      const fault = await stand.byHand(RULE, `race${afterMs}`);
      await fault.apply();
      found.add((await fault.undo()).trim());
      await ended;
      expect(await copies(), `agent ${afterMs} ms after`).to.equal(1);
      expect(await fault.verify()).to.equal("clean\n");
      await stand.script(`iptables -D FORWARD ${MINE} && iptables -I FORWARD 3 ${MINE}`);
    }
    expect(found).to.include("undone");
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("take the second one away also in an undo that begins after it was added", async () => {
    const fault = await stand.byHand(RULE, "second");
    await fault.apply();
    await stand.script(`iptables -I FORWARD 3 ${MINE} && iptables -A FORWARD ${MINE}`);
    expect(await fault.verify()).to.match(/^still-in-force 2 times/);
    expect(await fault.undo()).to.equal("undone\n");
    expect(await copies()).to.equal(1);
    expect(await fault.verify()).to.equal("clean\n");
    await stand.script(`iptables -D FORWARD ${MINE} && iptables -I FORWARD 3 ${MINE}`);
  });

  it("are undone by the dead-man when nobody renews them", async () => {
    const lease = { leaseMs: 1_000, longestMs: 1_000 };
    const both = [await stand.inject(POLICY, lease), await stand.inject(RULE, lease)];
    expect(await stand.differences()).to.not.be.empty;
    const isUndone = async (): Promise<void> => {
      if ((await copies()) !== 1 || (await stand.differences()).length > 0) throw new Error("not yet");
    };
    await waitFor("the dead-man", isUndone, { budgetMs: 10_000, intervalMs: 200 });
    for (const one of both) expect((await one.heal()).finding).to.match(/^its dead-man had undone it/);
    expect(await stand.differences()).to.deep.equal([]);
  });

  const ways = sampled(crashes([POLICY, RULE], 4), 4);
  it(`are undone by a later process wherever this one is killed: ${sampleTitle(ways.length, crashes([POLICY, RULE], 4).length, "places")}`, async () => {
    await using plain = await makeLane();
    await mustExec(plain.node.exec, ["sh", "-c", DRESS]);
    const lane = { ...plain, baseline: await takeFingerprint(plain.node.exec) };
    expect(await sweep([lane], ways)).to.deep.equal([]);
  });

  it("refuse what is there already, what is not there, and a second rule of the same chain", async () => {
    const refusal = async (fault: PolicyFault | RuleFault): Promise<string> =>
      stand.inject(fault).then(
        () => "accepted",
        (error: unknown) => (error as Error).message,
      );
    await stand.run("iptables -P INPUT DROP");
    expect(await refusal({ ...POLICY, chain: "INPUT" })).to.match(/INPUT is DROP already/);
    await stand.run("iptables -P INPUT ACCEPT");
    expect(await refusal({ ...RULE, target: "CILIUM" })).to.match(/has no rule to CILIUM, not one$/);
    const first = await stand.inject(RULE);
    expect(await refusal({ ...RULE, target: "KUBE-FORWARD" })).to.match(/writes to the same/);
    expect(await first.heal()).to.include({ ok: true });
  });
});
