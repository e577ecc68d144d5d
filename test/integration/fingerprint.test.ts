import { expect } from "chai";
import { hostExec, mustExec, type Exec } from "../../lib/host/exec.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { diffHostFingerprints, takeHostFingerprint } from "../../lib/fingerprint/host.ts";
import { makeTestNode, type TestNode } from "../fixtures/faults/namespace.ts";

/** Drops everything; classic BPF, since not every kernel has other classifiers. */
const BPF = ["pref", "9", "bpf", "bytecode", "1,6 0 0 0"];

/** What no rule may pass over, one after the other, and how it must show. */
const CHANGES: readonly (readonly [command: string, line: RegExp, ...more: string[]])[] = [
  ["sysctl -qw net.ipv4.conf.eth0.rp_filter=2", /^sysctl net\.ipv4\.conf\.eth0\.rp_filter: \d → 2$/],
  ["ip link set cni0 mtu 1400", /^link cni0 mtu: 1500 → 1400$/],
  ["ip address add 10.98.0.1/24 dev cni0", /^address new: cni0 inet 10\.98\.0\.1\/24/],
  ["ip route add blackhole 10.99.0.0/16", /^route new: blackhole 10\.99\.0\.0\/16$/],
  ["ip rule add from 10.99.0.0/16 lookup 99", /^rule new: \d+: from 10\.99\.0\.0\/16 lookup 99$/],
  ["ip neighbour add proxy 10.97.0.9 dev eth0", /^neighbour new: 10\.97\.0\.9 dev eth0 proxy$/],
  [
    "bridge fdb add 02:00:00:00:00:10 dev cni0 self local",
    /^fdb new: 02:00:00:00:00:10 dev cni0 master cni0 permanent$/,
  ],
  ["bridge fdb append 02:00:00:00:00:11 dev flannel.1 dst 10.97.0.9", /^fdb new: 02:00:00:00:00:11 dev flannel\.1 dst/],
  ["iptables-nft -A FORWARD -s 10.99.0.0/16 -j DROP", /^iptables-nft filter FORWARD new: -A FORWARD -s 10\.99/],
  ["ip6tables-nft -A INPUT -s fd00:99::/64 -j DROP", /^ip6tables-nft filter INPUT new: -A INPUT -s fd00:99::\/64/],
  ["nft add table inet other", /^nft inet other new: is there$/],
  ["tc qdisc add dev cni0 root handle 1: htb default 10", /^qdisc new: qdisc htb 1: dev cni0 root/],
  ["tc class add dev cni0 parent 1: classid 1:10 htb rate 1mbit", /^class cni0 new: class htb 1:10 root/],
  [
    "tc filter add dev cni0 parent 1:",
    /^filter cni0 parent 1: new: filter protocol all pref 9 bpf chain 0 handle/,
    ...BPF,
  ],
  ["tc qdisc add dev eth0 clsact", /^qdisc new: qdisc clsact ffff: dev eth0/],
  ["tc filter add dev eth0 ingress", /^filter eth0 ingress new: filter protocol all pref 9 bpf chain 0 handle/, ...BPF],
  ["tc filter add dev eth0 egress", /^filter eth0 egress new: filter protocol all pref 9 bpf chain 0 handle/, ...BPF],
];

describe("fingerprint of a network namespace", function () {
  let node: TestNode;
  let earlier: Both;
  before("make it", async function () {
    node = await makeTestNode();
    await mustExec(node.exec, ["nft", "add table ip live; add set ip live seen { type ipv4_addr; flags dynamic; }"]);
    const chain = "add chain ip live out { type filter hook output priority 0; }";
    await mustExec(node.exec, ["nft", `${chain}; add rule ip live out counter add @seen { ip daddr }`]);
  });
  after("take it away", () => node[Symbol.asyncDispose]());
  beforeEach("look", async function () {
    earlier = await both(node.exec);
  });

  it("is the same after traffic, which resolves neighbours, is counted, and fills a dynamic set", async function () {
    await mustExec(node.exec, ["ping", "-c", "2", "-i", "0.2", "10.97.0.2"]);
    const { stdout } = await mustExec(node.exec, ["nft", "list", "ruleset"]);
    expect(stdout).to.match(/elements = \{.*10\.97\.0\.2/s);
    expect(differences(earlier, await both(node.exec))).to.deep.equal([[], []]);
  });

  for (const [command, line, ...more] of CHANGES) {
    it(`shows ${command}, taken for a node and taken for a host`, async function () {
      await mustExec(node.exec, [...command.split(" "), ...more]);
      for (const shown of differences(earlier, await both(node.exec)))
        expect(
          shown.filter((one) => line.test(one)),
          shown.join("\n"),
        ).to.have.length(1);
    });
  }
});

type Both = readonly [ofNode: Fingerprint, ofHost: Fingerprint];

async function both(exec: Exec): Promise<Both> {
  return await Promise.all([takeFingerprint(exec), takeHostFingerprint(exec)]);
}

function differences(before: Both, after: Both): readonly (readonly string[])[] {
  return [diffFingerprints(before[0], after[0]), diffHostFingerprints(before[1], after[1])];
}

/** Docker's own, as it makes them for a network and a container. */
const DOCKERS = [
  "ip link add br-0123456789ab type bridge",
  "ip address add 172.30.0.1/16 dev br-0123456789ab",
  "ip link set br-0123456789ab up",
  "ip link add veth0a1b2c3 type veth peer name veth3c2b1a0",
  "ip link set veth0a1b2c3 master br-0123456789ab up",
  "iptables-nft -t nat -N DOCKER",
  "iptables-nft -t nat -A DOCKER -i br-0123456789ab -j RETURN",
  "iptables-nft -N DOCKER",
  "iptables-nft -A FORWARD -o br-0123456789ab -j DOCKER",
  "iptables-nft -A FORWARD -o br-0123456789ab -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  "iptables-nft -A FORWARD -i br-0123456789ab ! -o br-0123456789ab -j ACCEPT",
  "iptables-nft -t nat -A POSTROUTING -s 172.30.0.0/16 ! -o br-0123456789ab -j MASQUERADE",
  "iptables-nft -t nat -A POSTROUTING -s 172.30.0.2 -d 172.30.0.2 -p tcp --dport 80 -j MASQUERADE",
];

/** A cluster of ours that was left behind: its bridge and its closing rule. */
const LEFTOVER = [
  "ip link add fl-0123456789ab type bridge",
  "ip link set fl-0123456789ab up",
  "iptables-nft -A DOCKER-USER -i fl-0123456789ab ! -o fl-0123456789ab -m comment --comment faultline:faultline-0123456789ab -j DROP",
];

describe("fingerprint of a host", function () {
  let node: TestNode;
  const each = async (commands: readonly string[]) => {
    for (const command of commands) await mustExec(node.exec, command.split(" "));
  };
  before("make a namespace that stands for it", async function () {
    node = await makeTestNode();
    await each(["iptables-nft -N DOCKER-USER"]);
  });
  after("take it away", () => node[Symbol.asyncDispose]());

  it("of this one has whole sections and settings of the machine, and is the same twice", async function () {
    const [first, second] = [await takeHostFingerprint(hostExec), await takeHostFingerprint(hostExec)];
    const scopes = first.items.map(({ section, scope }) => `${section} ${scope}`);
    for (const key of [
      "kernel.panic",
      "vm.overcommit_memory",
      "vm.max_map_count",
      "fs.file-max",
      "net.ipv4.ip_forward",
    ])
      expect(scopes).to.include(`sysctl ${key}`);
    expect(diffHostFingerprints(first, second)).to.deep.equal([]);
  });

  it("does not mind what Docker makes for a network and a container", async function () {
    const before = await takeHostFingerprint(node.exec);
    await each(DOCKERS);
    const after = await takeHostFingerprint(node.exec);
    expect(diffFingerprints(before, after), "as of a node").to.have.length.above(50);
    expect(diffHostFingerprints(before, after)).to.deep.equal([]);
  });

  it("shows a cluster of ours that was left behind, and not that it was cleaned up", async function () {
    const before = await takeHostFingerprint(node.exec);
    await each(LEFTOVER);
    const after = await takeHostFingerprint(node.exec);
    const rule =
      '-A DOCKER-USER -i fl-0123456789ab ! -o fl-0123456789ab -m comment --comment "faultline:faultline-0123456789ab" -j DROP';
    expect(diffHostFingerprints(before, after)).to.have.members([
      "link fl-0123456789ab ifindex new: the bridge of a cluster",
      `iptables-nft filter DOCKER-USER new: ${rule}`,
    ]);
    expect(diffHostFingerprints(after, before)).to.deep.equal([]);
  });
});
