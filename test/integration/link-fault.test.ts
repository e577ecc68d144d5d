import { expect } from "chai";
import { mustExec } from "../../lib/host/exec.ts";
import type { LinkFault } from "../../lib/faults/kinds/link/kind.ts";
import { takeFingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { crashes, makeLane, sweep } from "../fixtures/faults/crash-sweep.ts";
import { DRESS } from "../fixtures/faults/dress.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";
import { sampled, sampleTitle } from "../sample.ts";

const down = (device: string): LinkFault => ({ kind: "link", device, state: "down" });

describe("a link set down", function () {
  this.timeout(300_000);
  let stand: Stand;

  before(async () => {
    stand = await makeStand(DRESS);
  });

  beforeEach(async () => {
    await stand.remember();
  });

  after(async () => {
    await stand[Symbol.asyncDispose]();
  });

  for (const device of ["flannel.1", "eth0", "cni0"]) {
    it(`takes what goes with ${device}, and gives it back`, async () => {
      const injected = await stand.inject(down(device));
      expect(await stand.run(`ip -o link show dev ${device}`)).to.match(/ state DOWN .* alias faultline-/);
      expect(await stand.run(`ip route show dev ${device}`)).to.equal("");
      expect(await injected.readBack()).to.deep.equal({ inForce: true, detail: `${device} is down` });
      expect(await stand.differences()).to.have.length.above(5);
      expect(await injected.heal()).to.deep.include({ ok: true, outcome: "undone", detail: "undone and verified" });
      expect(await stand.differences()).to.deep.equal([]);
    });
  }

  it("waits for IPv6 addresses to be tried out (duplicate address detection)", async () => {
    await stand.run("sysctl -qw net.ipv6.conf.flannel/1.accept_dad=1");
    await stand.remember();
    const injected = await stand.inject(down("flannel.1"));
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(await stand.run("ip -6 address show dev flannel.1 tentative")).to.equal("");
    expect(await stand.differences()).to.deep.equal([]);
    await stand.run("sysctl -qw net.ipv6.conf.flannel/1.accept_dad=0");
  });

  it("takes twice for once, and leaves alone what was never applied", async () => {
    const fault = await stand.byHand(down("flannel.1"), "twice");
    expect(await fault.undo()).to.equal("nothing-to-undo\n");
    expect(await fault.verify()).to.equal("clean\n");
    for (let times = 0; times < 2; times += 1) await fault.apply();
    expect(await fault.verify()).to.match(/^still-in-force flannel.1 /);
    expect(await fault.undo()).to.equal("undone\n");
    expect(await fault.undo()).to.equal("nothing-to-undo\n");
    expect(await fault.verify()).to.equal("clean\n");
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("gives back what is missing after an undo that was killed anywhere", async () => {
    let killed = 0;
    for (let afterMs = 20; afterMs <= 170; afterMs += 30) {
      const fault = await stand.byHand(down("flannel.1"), `killed${afterMs}`);
      await fault.apply();
      const { exitCode } = await fault.undoKilledAfter(afterMs);
      // On a busy machine the kill may also come between its last deed and its end.
      if (exitCode !== 0 && (await fault.verify()).startsWith("still-in-force")) killed += 1;
      await fault.undo();
      expect(await fault.verify()).to.equal("clean\n");
      expect(await stand.differences()).to.deep.equal([]);
    }
    expect(killed).to.be.above(0);
  });

  const ways = sampled(crashes([down("flannel.1")], 3), 4);
  it(`is undone by a later process wherever this one is killed: ${sampleTitle(ways.length, crashes([down("flannel.1")], 3).length, "places")}`, async () => {
    await using plain = await makeLane();
    await mustExec(plain.node.exec, ["sh", "-c", DRESS.join("\n")]);
    const lane = { ...plain, baseline: await takeFingerprint(plain.node.exec) };
    expect(await sweep([lane], ways)).to.deep.equal([]);
  });

  it("gives back the rest after an agent set it up again and gave back some", async () => {
    const injected = await stand.inject(down("flannel.1"));
    await stand.run("ip link set flannel.1 up");
    await stand.run("ip neighbour replace 10.244.0.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent");
    await stand.run("ip route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink");
    expect(await injected.readBack()).to.deep.equal({ inForce: false, detail: "flannel.1 is up" });
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(await stand.differences()).to.deep.equal([]);
  });

  /** A third party's change while the link is down or up again, the finding it causes, and the test's clean-up. */
  const OTHERS: readonly (readonly [string, readonly string[], RegExp, readonly string[]])[] = [
    [
      "an FDB entry to another node",
      ["bridge fdb replace 02:00:00:00:00:02 dev flannel.1 dst 10.97.0.9"],
      /left as it is: fdb 02:00:00:00:00:02 dst 10.97.0.2 self permanent$/,
      ["bridge fdb replace 02:00:00:00:00:02 dev flannel.1 dst 10.97.0.2"],
    ],
    [
      "a neighbour with another address",
      ["ip link set flannel.1 up", "ip neighbour add 10.244.0.0 lladdr 02:00:00:00:00:99 dev flannel.1 nud permanent"],
      /left as it is: neighbour 10.244.0.0 lladdr 02:00:00:00:00:02$/,
      ["ip neighbour replace 10.244.0.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent"],
    ],
    [
      "a route by another device",
      ["ip route add 10.244.0.0/24 via 10.97.0.2 dev eth0"],
      /left as it is: route4 10.244.0.0\/24 via 10.244.0.0 dev flannel.1 onlink$/,
      ["ip route del 10.244.0.0/24", "ip route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink"],
    ],
    [
      "an IPv6 address with other flags",
      ["ip link set flannel.1 up", "ip -6 address add fd45::1/64 dev flannel.1 nodad noprefixroute"],
      /left as it is: address fd45::1\/64 scope global nodad$/,
      ["ip -6 address del fd45::1/64 dev flannel.1", "ip -6 address add fd45::1/64 dev flannel.1 nodad"],
    ],
  ];
  for (const [what, acts, told, tidies] of OTHERS) {
    it(`leaves what somebody else has changed meanwhile, and says so: ${what}`, async () => {
      const injected = await stand.inject(down("flannel.1"));
      for (const act of acts) await stand.run(act);
      const healed = await injected.heal();
      expect(healed, healed.detail).to.include({ ok: true, outcome: "changed-by-other" });
      expect(healed.finding).to.match(told);
      expect(await stand.differences()).to.not.deep.equal([]);
      for (const tidy of tidies) await stand.run(tidy);
      expect(await stand.differences()).to.deep.equal([]);
    });
  }

  it("has nothing to undo on a device that is gone, or was made anew under its name", async () => {
    await stand.run("ip link set spare0 up");
    const fault = await stand.byHand(down("spare0"), "gone");
    await fault.apply();
    await stand.run("ip link del spare0");
    expect(await fault.undo()).to.equal("changed-by-other spare0 is gone\n");
    expect(await fault.verify()).to.equal("changed-by-other spare0 is gone\n");
    await stand.run("ip link add spare0 type bridge");
    expect(await fault.undo()).to.equal("nothing-to-undo\n");
    expect(await fault.verify()).to.equal("changed-by-other spare0 is down without our mark\n");
    await stand.run("ip link set spare0 up");
    expect(await fault.verify()).to.match(/^changed-by-other spare0 is up, not there: address fe80::/);
    await stand.run("ip link set spare0 down");
  });
});
