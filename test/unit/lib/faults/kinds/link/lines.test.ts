import { expect } from "chai";
import { validateFault } from "../../../../../../lib/faults/registry.ts";
import { canBeGivenBack, MAX_BYTES, staysAway, whatGoes } from "../../../../../../lib/faults/kinds/link/lines.ts";
import linkKind from "../../../../../../lib/faults/kinds/link/kind.ts";

const LINK = "2: fl.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN";
const goes = (...lines: readonly string[]) => whatGoes("fl.1", [LINK, ...lines, ""].join("\n"), "201");

/** As ip and bridge printed them on a node, behind link.sh's word. */
const LINES = [
  "neighbour 10.244.0.0 lladdr 06:6d:5f:e0:fc:d4",
  "neighbour fd45::2 lladdr 02:00:00:00:00:02 router proto zebra",
  "proxy fd45::9",
  "fdb 06:6d:5f:e0:fc:d4 dst 172.18.0.3 self permanent",
  "fdb 00:00:00:00:00:00 dst fd00::3 port 8473 via eth0 extern_learn self static",
  "address fd44::1/128 scope global nodad noprefixroute preferred_lft 0",
  "address fd44::1 peer fd44::2/128 scope global",
  "route4 10.244.0.0/24 via 10.244.0.0 dev fl.1 onlink",
  "route4 default via inet6 fe80::1 dev fl.1 table 77 proto static metric 5 mtu lock 1400 advmss 1360",
  "route4 local 10.244.1.0 dev fl.1 table local proto kernel scope host src 10.244.1.0",
  "route6 fd48::/64 from fd49::/64 via fd45::2 dev fl.1 metric 77 pref high",
] as const;

const NEVER = [
  "address fd44::1/64 scope global dynamic mngtmpaddr valid_lft 86000sec",
  "address tentative fd44::1/64 scope global tentative",
  "route4 10.0.0.0/8 nhid 7 via 10.0.0.1 dev fl.1",
  "route4 10.0.0.0/8 nexthop via 10.0.0.1 dev fl.1 weight 1 nexthop via 10.0.0.2 dev fl.1 weight 1",
  "route6 fd00::/8 encap seg6 mode encap segs 1 fd01::1 dev fl.1",
  "route6 default via fe80::1 dev fl.1 proto ra metric 1024 expires 1700sec",
  "nexthop id 66 dev fl.1 scope link",
  "mtu6 1300",
  "vlan 7: fl.1.5@fl.1: <BROADCAST,UP> mtu 1450",
  "fdb 06:6d:5f:e0:fc:d4 dst 172.18.0.3 src_vni 7 self permanent",
];

const HOSTILE = [
  "",
  "route4 default dev $(id)",
  "route4 10.0.0.0/8 dev fl.1\nproxy 10.0.0.1",
  "proxy 10.0.0.1 dev lo",
  "proxy -x",
];

describe("what goes with a link", () => {
  for (const line of LINES) it(`can be given back: ${line}`, () => expect(canBeGivenBack(line)).to.equal(true));
  for (const line of NEVER) {
    it(`refuses the fault for: ${line}`, () => {
      expect(() => goes(line)).to.throw(`could not be given back: ${line}`);
    });
  }

  it("takes no other line from a journal", () => {
    expect(linkKind.priorSchema.safeParse(LINES).success).to.equal(true);
    for (const line of [...NEVER, ...HOSTILE])
      expect(linkKind.priorSchema.safeParse([line]).success, line).to.equal(false);
    const tooMuch = Array.from({ length: MAX_BYTES / 15 }, (_, index) => `proxy 10.0.${index >> 8}.${index & 255}`);
    expect(linkKind.priorSchema.safeParse(tooMuch).success).to.equal(false);
  });

  it("is the device's own, newest address last, without our faults and the MTU that it has anyway", () => {
    const elsewhere = [
      "route4 10.0.0.0/8 dev eth0",
      "route6 fe80::/64 dev fl.10 proto kernel metric 256",
      "vlan 9: eth0.9@eth0: <UP>",
    ];
    const ours = "route4 10.98.3.0/25 dev fl.1 proto 201 scope link";
    const [newer, older] = ["address fd02::1/64 scope global", "address fd01::1/64 scope global"];
    expect(goes(...elsewhere, "proxy 10.0.0.9", newer, older, ours, "mtu6 1450")).to.deep.equal([
      "proxy 10.0.0.9",
      older,
      newer,
    ]);
  });

  it("may not be one of two routes that only their device tells apart, unless the kernel made it", () => {
    const two = [
      "route6 fd67::/64 dev fl.1 metric 1024 pref medium",
      "route6 fd67::/64 dev eth0 metric 1024 pref medium",
    ];
    expect(() => goes(...two)).to.throw("one of several routes to the same place: route6 fd67::/64 dev fl.1");
    const kernels = [
      "route6 fe80::/64 dev fl.1 proto kernel metric 256",
      "route6 fe80::/64 dev eth0 proto kernel metric 256",
    ];
    expect(goes(...kernels)).to.deep.equal([kernels[0]]);
    const apart = [
      "route4 10.0.0.0/8 dev fl.1",
      "route4 10.0.0.0/8 dev eth0 metric 5",
      "route4 10.0.0.0/8 dev eth0 table 7",
    ];
    expect(goes(...apart)).to.deep.equal([apart[0]]);
  });

  const STANDS: readonly (readonly [string, RegExp])[] = [
    ["", /there is no device fl.1/],
    ["2: fl.1: <BROADCAST,MULTICAST> mtu 1450", /it is down already/],
    [`${LINK}\\    link/ether 02:00:00:00:00:01\\    alias faultline-abcd`, /it carries our mark faultline-abcd/],
    [`${LINK}\\    alias to the rack\\    altname x`, /its alias "to the rack"/],
    ["2: fl.1: <NO-CARRIER,UP> mtu 1450\naddress fd00::1/64 scope global", /no carrier/],
  ];
  for (const [printed, told] of STANDS) {
    it(`refuses ${told.source}`, () => {
      expect(() => whatGoes("fl.1", `${printed}\n`, "201"))
        .to.throw(told)
        .with.property("name", "FaultNotInForce");
    });
  }

  it("does not take the fault where it makes no sense", () => {
    const check = (fault: object) => () => validateFault({ node: "A", fault: fault as never });
    expect(check({ kind: "link", device: "lo", state: "down" })).to.throw(/device lo carries/);
    expect(check({ kind: "link", device: "-x", state: "down" })).to.throw(/device/);
    expect(check({ kind: "link", device: "eth0", state: "up" })).to.throw(/state/);
    expect(check({ kind: "link", device: "flannel.1", state: "down" })).not.to.throw();
  });

  it("tells our mark from somebody else's doing when it is read back", () => {
    const FAULT = { kind: "link", device: "fl.1", state: "down" } as const;
    const said = (word: string) => linkKind.readBackSaid(FAULT, `${word}\n`);
    expect(said("down")).to.deep.equal({ inForce: true, detail: "fl.1 is down" });
    for (const word of ["up", "gone", "down without our mark"]) expect(said(word)).to.include({ inForce: false });
    const bounced = (word: string) => linkKind.readBackSaid({ ...FAULT, state: "bounced" }, `${word}\n`);
    expect(bounced("bounced")).to.include({ inForce: true });
    for (const word of ["down", "gone", "up without our mark", "up, and back is proxy 10.0.0.9"]) {
      expect(bounced(word)).to.deep.equal({ inForce: false, detail: `fl.1 is ${word}` });
    }
  });

  it("stays away after a bounce unless the kernel makes it anew or keeps it", () => {
    const STAYS = [
      "neighbour 10.0.0.9 lladdr 02:00:00:00:00:02",
      "proxy 10.0.0.9",
      "route4 10.0.0.0/8 via 10.0.0.1 dev fl.1 onlink",
    ];
    const COMES = [
      "route4 10.0.0.0/24 dev fl.1 proto kernel scope link src 10.0.0.1",
      "route6 fe80::/64 dev fl.1 proto kernel metric 256 pref medium",
      "fdb 02:00:00:00:00:02 dst 10.97.0.2 self permanent",
      "address fd44::1/128 scope global",
    ];
    for (const line of STAYS) expect(staysAway(line), line).to.equal(true);
    for (const line of COMES) expect(staysAway(line), line).to.equal(false);
  });
});
