import { expect } from "chai";
import { readFileSync } from "node:fs";
import { diffFingerprints } from "../../../../lib/fingerprint/diff.ts";
import { takeFingerprint } from "../../../../lib/fingerprint/fingerprint.ts";
import { normalise } from "../../../../lib/fingerprint/normalise.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { rejection } from "../../../fixtures/faults/rejection.ts";

const NODE = readFileSync(new URL("../../../fixtures/fingerprint/node.txt", import.meta.url), "utf8");
const before = normalise(NODE);

/** Returns the differences after each `[from, to]` was replaced everywhere; throws when `from` is missing. */
function after(...changes: readonly (readonly [from: string, to: string])[]): string[] {
  let text = NODE;
  for (const [from, to] of changes) {
    expect(text).to.include(from);
    text = text.replaceAll(from, to);
  }
  return diffFingerprints(before, normalise(text));
}

describe("fingerprint", () => {
  it("of an unchanged node has no differences", () => {
    expect(after()).to.deep.equal([]);
    expect(before.missing).to.deep.equal([
      "iptables-legacy: iptables-legacy-save not found",
      "ip6tables-legacy: ip6tables-legacy-save not found",
    ]);
  });

  it("ignores counters, clocks and lifetimes", () => {
    const counters = [
      ["[10:600]", "[11:660]"],
      ["packets 5 bytes 300", "packets 6 bytes 360"],
      ["packets 7 bytes 420", "packets 8 bytes 480"],
      ["direct_packets_stat 3", "direct_packets_stat 4"],
      ["refcnt 2", "refcnt 3"],
    ] as const;
    const clocks = [
      ["12.5", "99.1"],
      ["3600sec", "3599sec"],
      ["86387sec", "86380sec"],
      ["10:00:00", "10:00:07"],
    ] as const;
    expect(after(...counters, ...clocks, ["nf_conntrack_count:12", "nf_conntrack_count:13"])).to.deep.equal([]);
  });

  const DIFFERENT: readonly (readonly [from: string, to: string, line: string])[] = [
    ["ip_forward:1", "ip_forward:0", "sysctl net.ipv4.ip_forward: 1 → 0"],
    ["32768\t60999", "40000 60999", "sysctl net.ipv4.ip_local_port_range: 32768 60999 → 40000 60999"],
    ['"mtu":1500', '"mtu":1400', "link eth0 mtu: 1500 → 1400"],
    ["default via 172.18.0.1 dev eth0\n", "", "route gone: default via 172.18.0.1 dev eth0"],
    ["172.18.0.3/16", "172.18.0.4/16", "address gone: eth0 inet 172.18.0.3/16 brd 172.18.255.255 scope global eth0"],
    [
      "10.244.0.0 dev flannel.1 lladdr 5e:0f:1a:2b:3c:4d PERMANENT \n",
      "",
      "neighbour gone: 10.244.0.0 dev flannel.1 lladdr 5e:0f:1a:2b:3c:4d PERMANENT",
    ],
    [
      "dst 172.18.0.2 self permanent",
      "dst 172.18.0.9 self permanent",
      "fdb gone: 5e:0f:1a:2b:3c:4d dev flannel.1 dst 172.18.0.2 self permanent",
    ],
    [
      "02:00:00:00:00:10 dev cni0",
      "02:00:00:00:00:11 dev cni0",
      "fdb gone: 02:00:00:00:00:10 dev cni0 vlan 1 master cni0 static",
    ],
    ["10.244.0.9 dev eth0 proxy", "10.244.0.8 dev eth0 proxy", "neighbour gone: 10.244.0.9 dev eth0 proxy"],
    [":PREROUTING ACCEPT", ":PREROUTING DROP", "iptables-nft nat PREROUTING gone: chain, policy ACCEPT"],
    [
      "ip daddr 10.96.0.10 udp dport 53 ",
      "",
      "nft ip kube-proxy chain service-NWBZK7IH-kube-system/kube-dns/udp/dns gone: " +
        "ip daddr 10.96.0.10 udp dport 53 ip saddr != 10.244.0.0/16 jump mark-for-masquerade",
    ],
    [
      "10.96.0.1 . tcp . 443 :",
      "10.96.0.1 . tcp . 444 :",
      "nft ip kube-proxy map service-ips elements gone: " +
        "10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https",
    ],
    ["32766:\tfrom all lookup main", "32766:\tfrom all lookup 7", "rule gone: 32766: from all lookup main"],
    ["-s rr", "-s sh", "ipvs gone: -A -u 10.96.0.10:53 -s rr"],
    [
      "cali40all-ipam-pools 10.244.0.0/16",
      "cali40all-ipam-pools 10.245.0.0/16",
      "ipset cali40all-ipam-pools gone: 10.244.0.0/16",
    ],
    [
      "create banned hash:ip family",
      "create banned hash:net family",
      "ipset banned gone: set of hash:ip family inet maxelem 65536 timeout 600 counters bucketsize 12",
    ],
    [
      "direct_qlen 1000",
      "direct_qlen 900",
      "qdisc gone: qdisc htb 1: dev eth0 root r2q 10 default 0x10 direct_qlen 1000",
    ],
    [
      "rate 1Mbit",
      "rate 2Mbit",
      "class eth0 gone: class htb 1:10 root leaf 20: prio 0 rate 1Mbit ceil 1Mbit burst 1600b cburst 1600b",
    ],
    [
      "1,6 0 0 4294967295",
      "1,6 0 0 0",
      "filter eth0 ingress gone: filter protocol ip pref 9 bpf chain 0 handle 0x1 direct-action not_in_hw " +
        "bytecode '1,6 0 0 4294967295'",
    ],
  ];
  for (const [from, to, line] of DIFFERENT) {
    it(`reports ${line}`, () => {
      expect(after([from, to])[0]).to.equal(line);
    });
  }

  it("reports a changed order of rules, where order matters", () => {
    const [first, second] = ["0:\tfrom all lookup local\n", "32766:\tfrom all lookup main\n"];
    expect(after([first + second, second + first])).to.deep.equal(["rule: order changed"]);
  });

  it("reports a changed order of filters", () => {
    const all =
      /(filter protocol all pref 1 bpf chain 0 handle .*\n)(filter protocol ip pref 9 bpf chain 0 \n)/.exec(NODE) ?? [];
    const [both = "", first = "", second = ""] = all;
    expect(after([both, second + first])).to.deep.equal(["filter eth0 ingress: order changed"]);
  });

  it("reports a tool that has gone, since that hides differences", () => {
    expect(after(["@@ ipvs\n", "@@ ipvs\n@! ipvsadm failed\n"])).to.deep.equal([
      "cannot be compared: ipvs: ipvsadm failed",
    ]);
  });

  it("is not taken from an incomplete answer", async () => {
    const exec: Exec = (argv) =>
      Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: NODE.slice(0, 900), stderr: "", durationMs: 1 });
    expect((await rejection(takeFingerprint(exec))).message).to.equal("a fingerprint is cut short");
  });
});
