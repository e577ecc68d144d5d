import { expect } from "chai";
import { rulesIn } from "../../../../lib/why/facts/firewall-rules.ts";
import type { Head } from "../../../../lib/why/case/heads.ts";
import { hopsBetween, hopWords, reversedHops } from "../../../../lib/why/case/hops.ts";
import { isUp, linksIn } from "../../../../lib/why/facts/links.ts";
import { pictureOf } from "../../../../lib/why/case/picture.ts";
import { placeOfAddress, placeOfRole } from "../../../../lib/why/case/places.ts";
import { routesIn, routeTo } from "../../../../lib/why/facts/routes.ts";
import { canMatch, termsAsked } from "../../../../lib/why/case/rule-match.ts";
import { recorded } from "./recorded.ts";

const SYN: Head = {
  source: "10.244.1.3",
  destination: "10.244.0.2",
  protocol: "tcp",
  sourcePort: 10_690,
  destinationPort: 8080,
};

describe("why: a firewall rule's match", () => {
  const CASES: readonly (readonly [rule: string, matches: boolean, terms: number])[] = [
    ["-j DROP", true, 0],
    ["-s 10.244.0.0/16 -j DROP", true, 1],
    ["! -s 10.244.0.0/16 -j DROP", false, 1],
    ["-d 10.244.0.2/32 -p tcp -m tcp --dport 8080 -j DROP", true, 3],
    ["-p udp -m udp --dport 8080 -j DROP", false, 2],
    ["-p tcp -m multiport --dports 80,8000:8100 -j DROP", true, 2],
    ["-p tcp -m tcp ! --dport 8080 -j DROP", false, 2],
    ["ip saddr 10.244.1.3 tcp dport { 80, 8080 } drop", true, 3],
    ["ip saddr != 10.244.1.3 drop", false, 1],
    ["tcp dport 8000-8100 drop", true, 2],
    ["udp dport 8472 drop", false, 2],
    ["meta l4proto tcp th dport 8081 drop", false, 2],
    ["ip6 daddr fd00::/8 drop", false, 1],
    ["ip daddr @hosts drop", true, 0],
    ["ct state invalid drop", true, 0],
  ];
  for (const [rule, matches, terms] of CASES) {
    it(`${rule}: ${matches ? "can" : "cannot"}, by ${terms} terms`, () => {
      expect(canMatch(rule, [SYN])).to.equal(matches);
      expect(termsAsked(rule)).to.equal(terms);
    });
  }

  it("treats an unseen port as any port, and a missing port as none", () => {
    expect(canMatch("-p tcp --dport 1", [{ ...SYN, destinationPort: "any" }])).to.equal(true);
    expect(canMatch("--dport 1", [{ ...SYN, protocol: "icmp", destinationPort: null }])).to.equal(false);
    expect(canMatch("-j DROP", [])).to.equal(false);
  });
});

describe("why: firewall rules", () => {
  it("of nft have hook, counter and verdict, without those that iptables-nft prints", () => {
    const nft = `table ip filter {
\tchain FORWARD {
\t\ttype filter hook forward priority filter; policy accept;
\t\tcounter packets 1 bytes 60 drop
\t}
}
table inet mine {
\tset few {
\t\ttype ipv4_addr
\t\telements = { 10.0.0.1,
\t\t\t     10.0.0.2 }
\t}
\tchain base {
\t\ttype filter hook input priority 0; policy accept;
\t\tudp dport 8472 counter packets 7 bytes 9 drop comment "a } {"
\t\tip saddr @few jump other
\t}
\tchain other {
\t\treject with icmp type host-prohibited
\t}
}
`;
    const save = "\n*filter\n:FORWARD ACCEPT [0:0]\n[1:60] -A FORWARD -j DROP\nCOMMIT\n";
    const files: Readonly<Record<string, string>> = { nft, "iptables-nft": save };
    const rules = rulesIn((file) => files[file] ?? "");
    expect(rules.map(({ file, hook, chain, verdict, packets }) => [file, hook, chain, verdict, packets])).to.deep.equal(
      [
        ["iptables-nft", "forward", "FORWARD", "drop", 1],
        ["nft", "input", "base", "drop", 7],
        ["nft", "input", "base", "other", null],
        ["nft", null, "other", "reject", null],
      ],
    );
    expect(rules[1]?.text).to.equal("udp dport 8472 drop");
  });
});

describe("why: routes", () => {
  const ROUTES = routesIn(`default via 172.18.0.1 dev eth0
blackhole 10.244.1.2
10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
throw 10.244.2.0/24
local 10.244.9.0 dev flannel.1 table local proto kernel scope host src 10.244.9.0
10.99.0.0/16 dev eth1 table 100
default via fe80::1 dev eth0 metric 1024 pref medium
what is this
`);
  const to = (address: string): string | undefined => routeTo(ROUTES, address)?.text;

  it("are chosen by the longest prefix of the main table", () => {
    expect(to("10.244.1.2")).to.equal("blackhole 10.244.1.2");
    expect(to("10.244.1.3")).to.equal("10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink");
    expect(to("10.244.2.1")).to.equal("default via 172.18.0.1 dev eth0");
    expect(to("10.99.0.1")).to.equal("default via 172.18.0.1 dev eth0");
    expect(to("fd00::1")).to.equal("default via fe80::1 dev eth0 metric 1024 pref medium");
    expect(to("nonsense")).to.equal(undefined);
  });
});

describe("why: links", () => {
  it("have flags, master and settings", () => {
    const { files } = recorded("vxlan-link-down");
    const links = linksIn(files.texts.get("during/A/link.txt") ?? "");
    const named = (name: string) => links.find(({ ifname }) => ifname === name);
    expect(links.map(({ ifname }) => ifname)).to.include.members(["lo", "flannel.1", "cni0", "eth0"]);
    const [overlay, bridge] = [named("flannel.1"), named("cni0")];
    expect(overlay && isUp(overlay)).to.equal(false);
    expect(bridge && isUp(bridge)).to.equal(true);
    expect(overlay?.settings["vxlan id"]).to.equal("1");
    expect(links.find(({ master }) => master === "cni0")?.settings["hairpin"]).to.equal("on");
  });
});

describe("why: hops", () => {
  const picture = pictureOf(recorded("vxlan-port-blocked").files);
  const words = (from: string, to: string): readonly string[] =>
    hopsBetween(picture, placeOfRole(picture, from), placeOfRole(picture, to)).map(hopWords);
  const deviceOf = (pod: string): string => placeOfRole(picture, pod).device ?? "?";

  it("lead from pod to pod on another node through the tunnel, and back", () => {
    const there = [
      ...[`${deviceOf("other")} of B`, "cni0 of B", "flannel.1 of B", "eth0 of B (in the tunnel)"],
      ...["eth0 of A (in the tunnel)", "flannel.1 of A", "cni0 of A", `${deviceOf("server")} of A`],
    ];
    expect(words("other", "server")).to.deep.equal(there);
    const hops = hopsBetween(picture, placeOfRole(picture, "other"), placeOfRole(picture, "server"));
    const back = reversedHops(hops);
    expect(back.map(hopWords)).to.deep.equal(there.toReversed());
    expect(back.map(({ crossing }) => crossing).slice(2, 6)).to.deep.equal([
      "routed",
      "put into the tunnel",
      "over the wire",
      "out of the tunnel",
    ]);
  });

  it("lead over the bridge on one node, from a node to its pod, from node to node, and nowhere within a pod", () => {
    expect(words("same", "server")).to.deep.equal([
      `${deviceOf("same")} of A`,
      "cni0 of A",
      `${deviceOf("server")} of A`,
    ]);
    expect(words("hostA", "server")).to.deep.equal(["cni0 of A", `${deviceOf("server")} of A`]);
    expect(words("hostB", "hostA")).to.deep.equal(["eth0 of B", "eth0 of A"]);
    expect(words("outside", "server")).to.deep.equal(["eth0 of A", "cni0 of A", `${deviceOf("server")} of A`]);
    expect(words("sidecar", "server")).to.deep.equal([]);
  });

  it("start and end at the owners of the addresses", () => {
    expect(placeOfAddress(picture, "10.244.1.2")?.pod).to.equal("server");
    expect(placeOfAddress(picture, "172.18.0.2")).to.include({ node: "B", pod: null });
    expect(placeOfAddress(picture, "10.244.1.0")).to.include({ node: "A", pod: null });
    expect(placeOfAddress(picture, "127.0.0.1")).to.equal(null);
    expect(placeOfAddress(picture, "192.0.2.1")).to.equal(null);
  });
});
