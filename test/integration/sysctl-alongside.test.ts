import { expect } from "chai";
import type { SysctlFault } from "../../lib/faults/kinds/sysctl/kind.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";

const sysctl = (key: string, value: string): SysctlFault => ({ kind: "sysctl", key, value });

/** Devices that follow `default` (no IPv4 address, never set), devices that do not, and values unlike the kernel's. */
const DRESS: readonly string[] = [
  "ip link add br1 type bridge",
  "ip link add br2 type bridge",
  "ip link add br3 type bridge",
  "ip link set br1 up",
  "ip link set br2 up",
  "ip address add 10.99.2.1/24 dev br2",
  "ip -6 address add fd99::1/64 dev br1 nodad",
  "sysctl -qw net.ipv4.ip_forward=1",
  "sysctl -qw net.ipv6.conf.all.forwarding=1",
  "sysctl -qw net.ipv4.conf.br1.forwarding=0",
  "sysctl -qw net.ipv6.conf.br2.forwarding=0",
  "sysctl -qw net.ipv4.conf.all.accept_redirects=1",
  "sysctl -qw net.ipv4.conf.br3.rp_filter=2",
  "sysctl -qw net.ipv6.conf.br3.ignore_routes_with_linkdown=1",
  "sysctl -qw net.ipv6.conf.br3.accept_ra=2",
];

/** A fault, and another key that the kernel is known to change with it: null where it changes none. */
const FAULTS: readonly (readonly [SysctlFault, string | null])[] = [
  [sysctl("net.ipv4.ip_forward", "0"), "net.ipv4.conf.br2.forwarding"],
  [sysctl("net.ipv4.conf.all.forwarding", "0"), "net.ipv4.ip_forward"],
  [sysctl("net.ipv4.conf.default.forwarding", "0"), null],
  [sysctl("net.ipv4.conf.default.rp_filter", "1"), "net.ipv4.conf.br1.rp_filter"],
  [sysctl("net.ipv4.conf.default.arp_ignore", "8"), "net.ipv4.conf.flannel/1.arp_ignore"],
  [sysctl("net.ipv4.conf.default.accept_redirects", "0"), "net.ipv4.conf.br1.accept_redirects"],
  [sysctl("net.ipv4.conf.all.rp_filter", "1"), null],
  [sysctl("net.ipv4.conf.all.accept_redirects", "0"), null],
  [sysctl("net.ipv6.conf.all.forwarding", "0"), "net.ipv6.conf.br1.forwarding"],
  [sysctl("net.ipv6.conf.default.forwarding", "0"), null],
  [sysctl("net.ipv6.conf.br1.forwarding", "0"), null],
  [sysctl("net.ipv6.conf.all.ignore_routes_with_linkdown", "1"), "net.ipv6.conf.br1.ignore_routes_with_linkdown"],
  [sysctl("net.ipv6.conf.all.accept_ra", "0"), null],
  [sysctl("net.ipv6.conf.default.accept_ra", "0"), null],
  [sysctl("net.ipv4.neigh.br1.unres_qlen_bytes", "65536"), "net.ipv4.neigh.br1.unres_qlen"],
  [sysctl("net.ipv4.neigh.br1.base_reachable_time_ms", "1500"), "net.ipv4.neigh.br1.base_reachable_time"],
];

describe("what the kernel changes along with a sysctl", function () {
  this.timeout(120_000);
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

  const differing = async () => (await stand.differences()).map((line) => /^sysctl ([^:]+):/.exec(line)?.[1] ?? line);

  for (const [fault, along] of FAULTS) {
    it(`comes back with ${fault.key}=${fault.value}`, async () => {
      const injected = await stand.inject(fault);
      const changed = await differing();
      expect(changed).to.include(fault.key);
      if (along === null) expect(changed.filter((key) => /^net\./.test(key))).to.deep.equal([fault.key]);
      else expect(changed).to.include(along);
      const healed = await injected.heal();
      expect(healed, healed.detail).to.include({ ok: true, outcome: "undone" });
      expect(await stand.differences()).to.deep.equal([]);
    });

    it(`comes back after an undo of ${fault.key} that was killed anywhere, and stays on a second one`, async () => {
      for (let afterMs = 5; afterMs <= 45; afterMs += 20) {
        const byHand = await stand.byHand(fault, "killed");
        await byHand.apply();
        await byHand.undoKilledAfter(afterMs);
        await byHand.undo();
        expect(await byHand.undo()).to.equal("nothing-to-undo\n");
        expect(await byHand.verify()).to.equal("clean\n");
        expect(await stand.differences()).to.deep.equal([]);
      }
    });
  }

  it("is verified too", async () => {
    const byHand = await stand.byHand(sysctl("net.ipv4.conf.default.rp_filter", "1"), "half");
    await byHand.apply();
    await stand.run("sysctl -qw net.ipv4.conf.default.rp_filter=0");
    await stand.run("sysctl -qw net.ipv4.conf.br1.rp_filter=1");
    expect(await byHand.verify()).to.equal("still-in-force net/ipv4/conf/br1/rp_filter = 1\n");
    expect(await byHand.undo()).to.equal("undone\n");
    expect(await byHand.verify()).to.equal("clean\n");
    expect(await stand.differences()).to.deep.equal([]);
  });

  it("is left as somebody else set it meanwhile, also where undoing would hide that", async () => {
    const injected = await stand.inject(sysctl("net.ipv4.conf.default.rp_filter", "1"));
    await stand.run("sysctl -qw net.ipv4.conf.flannel/1.rp_filter=2");
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "changed-by-other" });
    expect(healed.finding).to.match(/left as it is: net\/ipv4\/conf\/flannel\.1\/rp_filter = 2$/);
    expect(await stand.differences()).to.deep.equal(["sysctl net.ipv4.conf.flannel/1.rp_filter: 0 → 2"]);
    await stand.run("sysctl -qw net.ipv4.conf.flannel/1.rp_filter=0");
  });

  it("is no trouble when a device has come or gone meanwhile", async () => {
    const injected = await stand.inject(sysctl("net.ipv4.conf.default.arp_ignore", "8"));
    await stand.run("ip link del br3");
    await stand.run("ip link add br4 type bridge");
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(await stand.run("sysctl -n net.ipv4.conf.br1.arp_ignore")).to.equal("0\n");
  });
});
