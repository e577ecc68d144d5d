import { expect } from "chai";
import type { Fault } from "../../lib/faults/registry.ts";
import type { LinkFault } from "../../lib/faults/kinds/link/kind.ts";
import type { InjectedFault } from "../../lib/faults/run/inject.ts";
import { DRESS } from "../fixtures/faults/dress.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { makeStand, type Stand } from "../fixtures/faults/stand.ts";

const down = (device: string): LinkFault => ({ kind: "link", device, state: "down" });

describe("a link, and what else is on the node", function () {
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

  /** What is on the node, and why the fault is not applied there. */
  const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["a device that is not there", ["ip link del spare0"], /there is no device spare0/],
    ["a device that is down", ["ip link set spare0 down"], /spare0 cannot be set down: it is down already/],
    ["a device with an alias", ["ip link set spare0 alias uplink"], /its alias "uplink" is where our mark would go/],
    [
      "a router's address",
      ["ip -6 address add fd66::6/64 dev spare0 valid_lft 900 preferred_lft 600"],
      /given back: address fd66::6\/64 .*dynamic/,
    ],
    [
      "an address still being tried out",
      ["sysctl -qw net.ipv6.conf.spare0.accept_dad=1", "ip -6 address add fd66::6/64 dev spare0"],
      /given back: address tentative fd66::6/,
    ],
    [
      "a route with several next hops",
      [
        "ip address add 10.66.0.1/24 dev spare0",
        "ip route add 10.67.0.0/24 nexthop via 10.66.0.2 nexthop via 10.97.0.2",
      ],
      /given back: route4 10.67.0.0\/24 nexthop /,
    ],
    ["an IPv6 MTU of its own", ["sysctl -qw net.ipv6.conf.spare0.mtu=1300"], /given back: mtu6 1300/],
    ["a next-hop object", ["ip nexthop add id 66 dev spare0"], /given back: nexthop id 66 /],
    [
      "one of two routes to a place",
      ["ip -6 route add fd67::/64 dev spare0", "ip -6 route append fd67::/64 dev cni0"],
      /one of several routes to the same place: route6 fd67::\/64 dev spare0 /,
    ],
  ];
  for (const [what, acts, told] of REFUSED) {
    it(`refuses ${what}, and does nothing`, async () => {
      await stand.run("ip link del spare0");
      await stand.run("ip link add spare0 type bridge");
      await stand.run("ip link set spare0 up");
      for (const act of acts) await stand.run(act);
      await stand.remember();
      const refused = await rejection(stand.inject(down("spare0")));
      expect(refused.name).to.equal("FaultNotInForce");
      expect(refused.message).to.match(told);
      expect(await stand.differences()).to.deep.equal([]);
      if (!what.includes("not there")) await stand.run("ip link del spare0");
      await stand.run("ip link add spare0 type bridge");
    });
  }

  it("refuses what is more than a journal line can hold, and gives back what is little less", async () => {
    const routes = (from: number, to: number, what: "add" | "del") =>
      Array.from({ length: to - from }, (_, index) => from + index).map(
        (number) =>
          `route ${what} 10.${100 + (number >> 8)}.${number & 255}.0/24 via 10.244.0.0 dev flannel.1 onlink\n`,
      );
    const batch = (lines: readonly string[]) => stand.script(`ip -batch - <<end\n${lines.join("")}end`);
    await batch(routes(0, 250, "add"));
    await stand.remember();
    const injected = await stand.inject(down("flannel.1"));
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(await stand.differences()).to.deep.equal([]);
    await batch(routes(250, 350, "add"));
    const refused = await rejection(stand.inject(down("flannel.1")));
    expect(refused.message).to.match(/what goes with it is \d+ bytes, more than 16384/);
    await batch(routes(0, 350, "del"));
  });

  const ROUTE_IN_ITS_PLACE: Fault = { kind: "route", type: "blackhole", to: "10.244.0.0/24" };
  const ROUTE_BY_THE_LINK: Fault = { kind: "route", type: "unicast", to: "10.98.3.0/25", device: "flannel.1" };
  const OVERLAPS: readonly (readonly Fault[])[] = [
    [down("flannel.1"), ROUTE_IN_ITS_PLACE],
    [ROUTE_BY_THE_LINK, down("flannel.1")],
    [down("flannel.1"), down("eth0")],
    [down("cni0"), { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" }],
  ];
  for (const faults of OVERLAPS) {
    for (const order of ["oldest", "newest"] as const) {
      it(`ends at the baseline beside another fault, undone ${order} first: ${faults.map(({ kind }) => kind).join(", ")}`, async () => {
        const injected: InjectedFault[] = [];
        for (const fault of faults) injected.push(await stand.inject(fault));
        if (order === "newest") injected.reverse();
        for (const one of injected) {
          const healed = await one.heal();
          expect(healed, healed.detail).to.include({ ok: true });
        }
        expect(await stand.differences()).to.deep.equal([]);
      });
    }
  }
});
