import { expect } from "chai";
import { readFileSync } from "node:fs";
import { diffHostFingerprints } from "../../../../lib/fingerprint/host.ts";
import { normalise } from "../../../../lib/fingerprint/normalise.ts";

const OFF = readFileSync(new URL("../../../fixtures/fingerprint/host.txt", import.meta.url), "utf8");

type Change = readonly [from: string | RegExp, to: string];

const SWITCHED_ON: Change = [/(?<=ipv6\/conf\/\w+\/forwarding):0/g, ":1"];
const EXPIRED: readonly Change[] = [
  [/^4: eth0 +inet6 fd00:5::fc.*\n/m, ""],
  [/^local fd00:5::fc.*\n/m, ""],
  [/^fd00:5::\/64 dev eth0 .*\n/m, ""],
];
const DEPRECATED: Change = ["scope global dynamic mngtmpaddr", "scope global deprecated dynamic mngtmpaddr"];
const DROP: Change = ["@@ ip6tables-nft\n", "@@ ip6tables-nft\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"];
/** The names under which the fixture has forwarding. */
const SWITCHES: readonly string[] = ["all", "default", "eth0"];
const HYBRID: Change = ["eth0/accept_ra:1", "eth0/accept_ra:2"];
const ADVERTISED_ROUTE = "default via fe80::1 dev eth0 proto ra metric 1024 expires 1798sec hoplimit 64 pref medium";

const anycast = (address: string, device = "eth0") =>
  `anycast ${address} dev ${device} table local proto kernel metric 0 pref medium`;
const withRoutes = (...lines: string[]): Change => ["@@ rule\n", `${lines.join("\n")}\n@@ rule\n`];
const withAddress = (address: string): Change => [
  "5: docker0",
  `4: eth0    inet6 ${address} scope global \n5: docker0`,
];

function changed(text: string, changes: readonly Change[]): string {
  return changes.reduce((left, [from, to]) => {
    const right = left.replace(from, to);
    expect(right, String(from)).to.not.equal(left);
    return right;
  }, text);
}

/** Returns the differences between two states of the host, each made by changes. */
function differences(on: readonly Change[], off: readonly Change[] = []): readonly string[] {
  return diffHostFingerprints(normalise(changed(OFF, off)), normalise(changed(OFF, on)));
}

const SETTLED: Readonly<Record<string, readonly [on: readonly Change[], off?: readonly Change[]]>> = {
  "the switch alone": [[SWITCHED_ON]],
  "anycast routes of every prefix": [
    [SWITCHED_ON, withRoutes(anycast("fd00::"), anycast("fd00:5::"), anycast("fe80::"))],
  ],
  "an anycast route of one device that forwards": [
    [["eth0/forwarding:0", "eth0/forwarding:1"], withRoutes(anycast("fd00::"))],
  ],
  "an anycast route of a prefix that ends within a group": [
    [SWITCHED_ON, withAddress("fd00:7::ffff:1/109"), withRoutes(anycast("fd00:7::fff8:0"))],
    [withAddress("fd00:7::ffff:1/109")],
  ],
  "an anycast route in a VRF's table": [
    [SWITCHED_ON, withRoutes(anycast("fd00::").replace("table local", "table 77"))],
  ],
  "a default route that a router advertised": [[SWITCHED_ON], [withRoutes(ADVERTISED_ROUTE)]],
  "an advertised address that expired with its routes": [[SWITCHED_ON, ...EXPIRED]],
  "an advertised address that is deprecated": [[SWITCHED_ON, DEPRECATED]],
  "an expired address whose prefix another address keeps": [
    [SWITCHED_ON, ...EXPIRED.slice(0, 2), withAddress("fd00:5::9/64")],
    [withAddress("fd00:5::9/64")],
  ],
};

const REPORTED: Readonly<Record<string, readonly [on: readonly Change[], line: string, off?: readonly Change[]]>> = {
  "an anycast route while forwarding did not change": [
    [withRoutes(anycast("fd00::"))],
    `route new: ${anycast("fd00::")}`,
  ],
  "an anycast route of a device that did not change": [
    [["all/forwarding:0", "all/forwarding:1"], withRoutes(anycast("fd00::"))],
    `route new: ${anycast("fd00::")}`,
  ],
  "an anycast route that is there before and not after": [
    [SWITCHED_ON],
    `route gone: ${anycast("fd00::")}`,
    [withRoutes(anycast("fd00::"))],
  ],
  "an anycast route of no prefix": [
    [SWITCHED_ON, withRoutes(anycast("fd00:9::"))],
    `route new: ${anycast("fd00:9::")}`,
  ],
  "an anycast route within a prefix": [
    [SWITCHED_ON, withRoutes(anycast("fd00::5"))],
    `route new: ${anycast("fd00::5")}`,
  ],
  "an anycast route of another device's prefix": [
    [SWITCHED_ON, withRoutes(anycast("fd00::", "lo"))],
    `route new: ${anycast("fd00::", "lo")}`,
  ],
  "an anycast route of a prefix of 127 bits": [
    [SWITCHED_ON, withAddress("fd00:7::1/127"), withRoutes(anycast("fd00:7::"))],
    `route new: ${anycast("fd00:7::")}`,
    [withAddress("fd00:7::1/127")],
  ],
  "an anycast route put in by hand": [
    [SWITCHED_ON, withRoutes("anycast fd00:: dev eth0 table local metric 1024 pref medium")],
    "route new: anycast fd00:: dev eth0 table local metric 1024 pref medium",
  ],
  "a unicast route to the same address": [
    [SWITCHED_ON, withRoutes("fd00:: dev eth0 proto kernel metric 256 pref medium")],
    "route new: fd00:: dev eth0 proto kernel metric 256 pref medium",
  ],
  "a default route without an advertisement": [
    [SWITCHED_ON, [/^default via fd00::1 .*\n/m, ""]],
    "route gone: default via fd00::1 dev eth0 metric 1024 pref medium",
  ],
  "an address without an advertisement": [
    [SWITCHED_ON, [/^4: eth0 +inet6 fd00::2.*\n/m, ""]],
    "address gone: eth0 inet6 fd00::2/64 scope global",
  ],
  "the prefix route of an advertised address that is left": [
    [SWITCHED_ON, [/^fd00:5::\/64 dev eth0 .*\n/m, ""]],
    "route gone: fd00:5::/64 dev eth0 proto kernel metric 256 pref medium",
  ],
  "the prefix route that another address keeps": [
    [SWITCHED_ON, ...EXPIRED, withAddress("fd00:5::9/64")],
    "route gone: fd00:5::/64 dev eth0 proto kernel metric 256 pref medium",
    [withAddress("fd00:5::9/64")],
  ],
};

describe("effects of IPv6 forwarding on a host", () => {
  for (const [name, [on, off]] of Object.entries(SETTLED)) {
    it(`${name} is no difference once forwarding is on`, () => {
      expect(differences(on, off)).to.deep.equal([]);
    });
  }

  for (const [name, [on, line, off]] of Object.entries(REPORTED)) {
    it(`${name} is reported`, () => {
      expect(differences(on, off)).to.deep.equal([line]);
    });
  }

  it("an advertised address that expires is reported where a device that forwards hears advertisements", () => {
    const hybrid = differences([HYBRID, SWITCHED_ON, ...EXPIRED], [HYBRID]);
    expect(hybrid)
      .to.have.length(3)
      .and.to.include("address gone: eth0 inet6 fd00:5::fc:ff:fe00:1/64 scope global dynamic mngtmpaddr");
  });

  it("a device that stops to forward is reported", () => {
    expect(differences([], [["eth0/forwarding:0", "eth0/forwarding:1"]])).to.deep.equal([
      "sysctl net.ipv6.conf.eth0.forwarding: 1 → 0",
    ]);
  });

  it("a device that stops to forward while others begin is reported", () => {
    const others: Change = [/(?<=ipv6\/conf\/(all|default)\/forwarding):0/g, ":1"];
    expect(differences([others], [["eth0/forwarding:0", "eth0/forwarding:1"]])).to.deep.equal([
      "sysctl net.ipv6.conf.eth0.forwarding: 1 → 0",
    ]);
  });

  it("the forwarding of a device that came or went is no difference", () => {
    const wg0: Change = ["net/ipv6/conf/eth0/accept_ra", "net/ipv6/conf/wg0/forwarding:1\n$&"];
    expect(differences([wg0])).to.deep.equal([]);
    expect(differences([], [wg0])).to.deep.equal([]);
  });

  it("forwarding that goes off is reported with its anycast routes, policy of DROP and addresses", () => {
    const on: readonly Change[] = [SWITCHED_ON, DROP, withRoutes(anycast("fd00::")), ...EXPIRED];
    const shown = differences([], on);
    expect(shown).to.include.members([
      ...SWITCHES.map((device) => `sysctl net.ipv6.conf.${device}.forwarding: 1 → 0`),
      `route gone: ${anycast("fd00::")}`,
      "ip6tables-nft filter FORWARD gone: chain, policy DROP",
      "address new: eth0 inet6 fd00:5::fc:ff:fe00:1/64 scope global dynamic mngtmpaddr",
      "route new: fd00:5::/64 dev eth0 proto kernel metric 256 pref medium",
    ]);
    expect(differences(on)).to.deep.equal([]);
  });

  it("an address that is deprecated no more when forwarding goes off is reported", () => {
    expect(differences([], [SWITCHED_ON, DEPRECATED]).join("\n")).to.match(/^address gone: .* deprecated /m);
  });

  it("a policy of DROP that was there before and is not after is reported", () => {
    const [before, after] = [normalise(changed(OFF, [DROP])), normalise(changed(OFF, [SWITCHED_ON]))];
    expect(diffHostFingerprints(before, after)).to.deep.equal([
      "ip6tables-nft filter FORWARD gone: chain, policy DROP",
    ]);
    expect(diffHostFingerprints(before, normalise(changed(OFF, [DROP, SWITCHED_ON])))).to.deep.equal([]);
  });
});
