import { expect } from "chai";
import { mustExec } from "../../lib/host/exec.ts";
import type { LinkFault } from "../../lib/faults/kinds/link/kind.ts";
import { takeFingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { crashes, makeLane, sweep } from "../fixtures/faults/crash-sweep.ts";
import { DRESS } from "../fixtures/faults/dress.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";
import { sampled, sampleTitle } from "../sample.ts";

const bounced = (device: string): LinkFault => ({ kind: "link", device, state: "bounced" });

describe("a link set down and up again", function () {
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

  for (const device of ["flannel.1", "eth0"]) {
    it(`is up without what an agent had put there, until undone: ${device}`, async () => {
      const injected = await stand.inject(bounced(device));
      expect(await stand.run(`ip -o link show dev ${device} up`)).to.include("alias faultline-");
      const routes = await stand.run("ip route show table all");
      if (device === "eth0") expect(routes).to.match(/^10\.97\.0\.0\/24 dev eth0 proto kernel/m);
      expect(routes).to.not.match(device === "eth0" ? /^default /m : /^10\.24[45]\.0\.0/m);
      if (device !== "eth0") expect(await stand.run(`ip neighbour show dev ${device} nud permanent`)).to.equal("");
      expect(await injected.readBack()).to.deep.equal({
        inForce: true,
        detail: `${device} was down and is up, and what went with it stays away`,
      });
      expect(await injected.heal()).to.deep.include({ ok: true, outcome: "undone", detail: "undone and verified" });
      expect(await stand.differences()).to.deep.equal([]);
    });
  }

  it("takes twice for once, and leaves alone what was never applied", async () => {
    const fault = await stand.byHand(bounced("flannel.1"), "twice");
    expect(await fault.undo()).to.equal("nothing-to-undo\n");
    expect(await fault.verify()).to.equal("clean\n");
    for (let times = 0; times < 2; times += 1) await fault.apply();
    expect(await fault.verify()).to.match(/^still-in-force flannel.1 /);
    expect(await fault.undo()).to.equal("undone\n");
    expect(await fault.undo()).to.equal("nothing-to-undo\n");
    expect(await fault.verify()).to.equal("clean\n");
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("is no longer in force as soon as somebody gives back a part, or sets it down; undo gives back the rest", async () => {
    for (const [act, said] of [
      [
        "ip route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink",
        "flannel.1 is up, and back is route4 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink",
      ],
      [
        "ip neighbour add 10.244.0.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent",
        "flannel.1 is up, and back is neighbour 10.244.0.0 lladdr 02:00:00:00:00:02",
      ],
      ["ip link set flannel.1 down", "flannel.1 is down"],
    ] as const) {
      const injected = await stand.inject(bounced("flannel.1"));
      await stand.run(act);
      expect(await injected.readBack()).to.deep.equal({ inForce: false, detail: said });
      expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
      expect(await stand.differences()).to.deep.equal([]);
    }
  });

  it("is refused where the kernel brings back everything by itself", async () => {
    const refused = await rejection(stand.inject(bounced("cni0")));
    expect(refused.message).to.match(/the kernel brings back by itself/);
    expect(await stand.differences()).to.deep.equal([]);
  });

  const ways = sampled(crashes([bounced("flannel.1")], 3), 4);
  it(`is undone by a later process wherever this one is killed: ${sampleTitle(ways.length, crashes([bounced("flannel.1")], 3).length, "places")}`, async () => {
    await using plain = await makeLane();
    await mustExec(plain.node.exec, ["sh", "-c", DRESS.join("\n")]);
    const lane = { ...plain, baseline: await takeFingerprint(plain.node.exec) };
    expect(await sweep([lane], ways)).to.deep.equal([]);
  });
});
