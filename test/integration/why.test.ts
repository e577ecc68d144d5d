import { expect } from "chai";
import { openWhyLab, type Breakage, type LabSighting } from "../fixtures/why/lab.ts";

/** Somebody else's breakage, by a shell of his own on a node or in a pod. */
const by = (on: Breakage["on"], command: string): Breakage => ({ on, argv: ["sh", "-c", command] });

interface Scene {
  readonly breakages: readonly Breakage[];
  /** How the first explanation begins: `proven: …`; undefined where nothing fails. */
  readonly first: RegExp | undefined;
}

const PATHS = [
  "other → server by podIP",
  "other → server by ClusterIP",
  "same → server by ClusterIP",
  "same → server by podIP",
  "hostB → server by podIP",
  "hostA → server by podIP",
  "hostB → hostA by nodeIP with ping",
  "other → server by podIP with ping",
];

const NFT_WITHOUT_COUNTER =
  "nft 'add table netdev t; add chain netdev t c { type filter hook ingress device eth0 priority 0; }; add rule netdev t c udp dport 8472 drop'";
const OTHER_VNI = `ip link del flannel.1
ip link add flannel.1 mtu 1450 address 02:00:00:00:00:0a type vxlan id 2 local 172.31.0.2 dev eth0 dstport 8472 nolearning
ip address add 10.244.1.0/32 dev flannel.1 && ip link set flannel.1 up && ip route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
ip neighbour add 10.244.0.0 dev flannel.1 lladdr 02:00:00:00:00:0b nud permanent
bridge fdb append 02:00:00:00:00:0b dev flannel.1 dst 172.31.0.3`;
const ELSEWHERE =
  "iptables-nft -t nat -F KUBE-SVC-SERVER && iptables-nft -t nat -A KUBE-SVC-SERVER -p tcp -j DNAT --to-destination";

/** Breakages that rules know. */
const KNOWN: Readonly<Record<string, Scene>> = {
  "nothing at all": { breakages: [], first: undefined },
  "a firewall rule on the way": {
    breakages: [by("A", "iptables-nft -I FORWARD -p tcp --dport 8080 -j DROP")],
    first:
      /^proven: a firewall rule on A \(not in the baseline\) drops it: iptables-nft table filter, chain FORWARD: .*--dport 8080 -j DROP$/,
  },
  "a rule that resets": {
    breakages: [by("A", "iptables-nft -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset")],
    first: /^proven: a firewall rule on A \(not in the baseline\) rejects it/,
  },
  "FORWARD's policy without the CNI's rule": {
    breakages: [by("A", "iptables-nft -D FORWARD -j FLANNEL-FWD && iptables-nft -P FORWARD DROP")],
    first: /^proven: FORWARD drops what no rule accepts on A/,
  },
  "reverse path filter": {
    breakages: [
      by("A", "sysctl -qw net.ipv4.conf.all.rp_filter=1 && ip route replace 10.244.0.0/24 via 172.31.0.3 dev eth0"),
    ],
    first:
      /^proven: net\.ipv4\.conf\.all\.rp_filter is 1 on A \(baseline 0\): packets from \S+ by flannel\.1 are discarded/,
  },
  "forwarding off for one device": {
    breakages: [by("A", "sysctl -qw net.ipv4.conf.flannel/1.forwarding=0")],
    first: /^proven: net\.ipv4\.conf\.flannel\/1\.forwarding is 0 on A \(baseline 1\)/,
  },
  "a blackhole": {
    breakages: [by("B", "ip route add blackhole 10.244.1.2/32")],
    first:
      /^proven: B discards packets for 10\.244\.1\.2\/32: route "blackhole 10\.244\.1\.2" \(not in the baseline\)$/,
  },
  "the pod's device down": {
    breakages: [by("A", "ip link set vethserver down")],
    first: /^proven: vethserver, the device of pod server, is down \(baseline up\) on A$/,
  },
  "the overlay's route gone": {
    breakages: [by("B", "ip route del 10.244.1.0/24")],
    first: /^proven: the route 10\.244\.1\.0\/24 by flannel\.1 is gone on B$/,
  },
  "the overlay's neighbour gone": {
    breakages: [by("B", "ip neighbour del 10.244.1.0 dev flannel.1")],
    first: /^proven: 10\.244\.1\.0 on flannel\.1 of B has no hardware address \(baseline 02:00:00:00:00:0a\)/,
  },
  "the overlay's forwarding entry gone": {
    breakages: [by("B", "bridge fdb del 02:00:00:00:00:0a dev flannel.1 dst 172.31.0.2")],
    first: /^proven: flannel\.1 of B has no forwarding entry for 02:00:00:00:00:0a/,
  },
  "the overlay's forwarding entry for another node": {
    breakages: [by("B", "bridge fdb replace 02:00:00:00:00:0a dev flannel.1 dst 172.31.0.77")],
    first: /^proven: B sends overlay packets for A to 172\.31\.0\.77, not to 172\.31\.0\.2/,
  },
  "another hardware address of the overlay's device": {
    breakages: [by("A", "ip link set flannel.1 address 02:00:00:00:00:99")],
    first: /^proven: overlay packets to A are for 02:00:00:00:00:0a, but its flannel\.1 has 02:00:00:00:00:99/,
  },
  "a smaller MTU that nobody may speak of": {
    breakages: [by("A", "ip link set flannel.1 mtu 120"), by("server", "iptables-nft -A INPUT -p icmp -j DROP")],
    first: /^proven: the MTU of flannel\.1 is 120 on A \(baseline 1450\): packets are too big for it$/,
  },
  "a Service that leads to another pod": {
    breakages: [by("B", `${ELSEWHERE} 10.244.1.3:8080`)],
    first: /^proven: 10\.96\.0\.80:80 was answered at 10\.244\.1\.3:8080, by pod same$/,
  },
  "a Service that leads to nobody, as a pod of the endpoint's node sees it": {
    breakages: [by("A", `${ELSEWHERE} 10.244.1.9:8080`)],
    first: /^(proven|likely): 10\.96\.0\.80 leads to 10\.244\.1\.9:8080, an address without an owner, by a rule on A$/,
  },
  "a Service that leads to nobody": {
    breakages: [by("B", `${ELSEWHERE} 10.244.1.9:8080`)],
    first: /^proven: 10\.96\.0\.80 leads to 10\.244\.1\.9:8080, an address without an owner, by a rule on B$/,
  },
};

/** Breakages that no rule knows: told as what differs, or not at all. */
const UNKNOWN: Readonly<Record<string, Scene>> = {
  "a rule without a counter": {
    breakages: [by("A", NFT_WITHOUT_COUNTER)],
    first: /^likely: the overlay's UDP port 8472 is blocked on A: .* nft table netdev t, chain c: udp dport 8472 drop$/,
  },
  "a policy route": {
    breakages: [by("B", "ip rule add to 10.244.1.0/24 blackhole")],
    first: /^likely: B differs from its baseline: rule new: .* blackhole$/,
  },
  "no answer to ARP": {
    breakages: [by("A", "sysctl -qw net.ipv4.conf.all.arp_ignore=8")],
    first: /^likely: A differs from its baseline: sysctl net\.ipv4\.conf\.all\.arp_ignore: 0 → 8$/,
  },
  "isolated ports of the bridge": {
    breakages: [by("A", "bridge link set dev vethserver isolated on && bridge link set dev vethsame isolated on")],
    first: /^likely: A differs from its baseline: link vethsame settings\.isolated: off → on and 1 more$/,
  },
  "another network of the overlay": {
    breakages: [by("A", OTHER_VNI)],
    first: /^likely: A differs from its baseline: link flannel\.1 settings\.vxlan id: 1 → 2/,
  },
  "no way back out of the pod": {
    breakages: [by("server", "ip route del default")],
    first: /^likely: pod server differs from its baseline: gone: default via 10\.244\.1\.1 dev eth0$/,
  },
  "a firewall within the pod": {
    breakages: [by("server", "iptables-nft -A INPUT -p tcp --dport 8080 -j DROP")],
    first: /^found-nothing: no explanation found: request arrived on vethserver of A, nothing came back$/,
  },
};

const AT_ONCE = 4;

describe("why: two nodes broken by hand, explained blind", () => {
  const scenes = { ...KNOWN, ...UNKNOWN };
  const seen = new Map<string, LabSighting>();

  before(async function () {
    this.timeout(300_000);
    const waiting = Object.entries(scenes);
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await using lab = await openWhyLab();
        seen.set(next[0], await lab.look(PATHS, next[1].breakages));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  });

  for (const [name, { first }] of Object.entries(scenes)) {
    it(name, () => {
      const { observations = [], explanations = [] } = seen.get(name) ?? {};
      expect(observations).to.have.length(2 * PATHS.length);
      const failed = new Set(observations.filter(({ symptom }) => symptom !== "ok").map(({ path }) => path));
      expect(new Set(explanations.flatMap(({ paths }) => paths))).to.deep.equal(failed);
      const [told] = explanations.map(({ confidence, cause }) => `${confidence}: ${cause}`);
      if (first) expect(told).to.match(first);
      else expect(explanations).to.deep.equal([]);
      // What no rule knows is never proven to be what one does know.
      if (name in UNKNOWN) expect(explanations.some(({ confidence }) => confidence === "proven")).to.equal(false);
    });
  }
});
