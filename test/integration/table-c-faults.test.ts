import { expect } from "chai";
import { mustExec } from "../../lib/host/exec.ts";
import type { Fault } from "../../lib/faults/registry.ts";
import type { IptablesDropFault } from "../../lib/faults/kinds/iptables-drop/kind.ts";
import type { LinkFault } from "../../lib/faults/kinds/link/kind.ts";
import type { NftJumpFault } from "../../lib/faults/kinds/nft-jump/kind.ts";
import { takeFingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { crashes, makeLane, sweep } from "../fixtures/faults/crash-sweep.ts";
import { DRESS } from "../fixtures/faults/dress.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";
import { sampled, sampleTitle } from "../sample.ts";

const DROP: IptablesDropFault = { kind: "iptables-drop", chain: "INPUT", protocol: "udp", destinationPort: 8472 };
const JUMP: NftJumpFault = {
  kind: "nft-jump",
  family: "ip",
  table: "kube-proxy",
  chain: "nat-prerouting",
  target: "services",
};
const DRIFT: LinkFault = { kind: "link", device: "flannel.1", state: "readdressed" };

/** What kube-proxy puts up at a hook in nftables mode, and an INPUT chain with somebody in it. */
const MORE = `
iptables -A INPUT -s 10.9.0.0/16 -j ACCEPT
ip6tables -A FORWARD -d fd00::/64 -j ACCEPT
nft -f - <<'RULES'
table ip kube-proxy {
  chain services { ip daddr 10.96.0.1 counter accept; }
  chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
  chain two { jump services; counter; }
}
RULES`;

describe("the faults of table C on a real kernel", function () {
  this.timeout(300_000);
  let stand: Stand;

  before(async () => {
    stand = await makeStand(DRESS);
    await stand.script(MORE);
  });

  beforeEach(async () => {
    await stand.remember();
  });

  after(async () => {
    await stand[Symbol.asyncDispose]();
  });

  const table: readonly (readonly [fault: Fault, ask: string, shows: RegExp])[] = [
    [
      DROP,
      "iptables -S INPUT",
      /^-P INPUT ACCEPT\n-A INPUT -p udp .*--dport 8472 .*--comment faultline-\w+ -j DROP\n-A/,
    ],
    [{ ...DROP, chain: "FORWARD", protocol: "tcp", family: 6 }, "ip6tables -S FORWARD", /-j DROP\n-A FORWARD -d fd00/],
    [JUMP, "nft list chain ip kube-proxy nat-prerouting", /accept;\s+\}/],
    [DRIFT, "ip -o link show flannel.1", /link\/ether 02:66:6c:74:00:01 .*alias faultline-/],
  ];
  for (const [fault, ask, shows] of table) {
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

  it("are no longer in force once somebody is ahead of the drop, and it is taken out from behind", async () => {
    const injected = await stand.inject(DROP);
    await stand.run("iptables -I INPUT -p udp -m udp --dport 8472 -j ACCEPT");
    const { inForce, detail } = await injected.readBack();
    expect(inForce).to.equal(false);
    expect(detail).to.match(/^the rule is number 2 of INPUT, others come before it; dropped 0 packets/);
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    await stand.run("iptables -D INPUT -p udp -m udp --dport 8472 -j ACCEPT");
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("see that the jump is back, and add no second one", async () => {
    const injected = await stand.inject(JUMP);
    await stand.run("nft add rule ip kube-proxy nat-prerouting jump services");
    expect(await injected.readBack()).to.deep.equal({ inForce: false, detail: "the jump is back" });
    expect(await injected.heal()).to.include({ ok: true, outcome: "nothing-to-undo" });
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("refuse a chain that is not there, or holds more than the jump", async () => {
    for (const [chain, why] of [
      ["nowhere", "is not there"],
      ["two", "holds 2 rules: jump services # handle"],
    ] as const) {
      expect((await rejection(stand.inject({ ...JUMP, chain }))).message).to.include(why);
    }
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("throw away a device's neighbours with its MAC address, and leave an address that somebody else has given it", async () => {
    const before = await stand.run("ip neighbour show dev flannel.1 nud permanent");
    expect(before).to.not.equal("");
    const injected = await stand.inject(DRIFT);
    expect(await stand.run("ip neighbour show dev flannel.1 nud permanent")).to.equal("");
    const was = /link\/ether (\S+)/.exec(await stand.run("ip -o link show flannel.1"))?.[1] ?? "";
    await stand.run("ip link set flannel.1 address 02:00:00:00:00:77");
    expect(await injected.readBack()).to.include({ inForce: false });
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "changed-by-other" });
    expect(healed.finding).to.match(/; mac |: mac /);
    expect(was).to.equal("02:66:6c:74:00:01");
    expect(await stand.run("ip neighbour show dev flannel.1 nud permanent")).to.equal(before);
  });

  const ways = sampled(crashes([DROP, JUMP, DRIFT], 3), 6);
  it(`are undone by a later process wherever this one is killed: ${sampleTitle(ways.length, crashes([DROP, JUMP, DRIFT], 3).length, "places")}`, async () => {
    await using plain = await makeLane();
    await mustExec(plain.node.exec, ["sh", "-c", `${DRESS.join("\n")}\n${MORE}`]);
    const lane = { ...plain, baseline: await takeFingerprint(plain.node.exec) };
    expect(await sweep([lane], ways)).to.deep.equal([]);
  });
});
