import { expect } from "chai";
import { readFileSync } from "node:fs";
import { differences } from "../../../../lib/fingerprint/diff.ts";
import { HOST_RULES, hostContexts } from "../../../../lib/fingerprint/host-rules.ts";
import { KERNEL_RULES } from "../../../../lib/fingerprint/kernel-rules.ts";
import { normalise } from "../../../../lib/fingerprint/normalise.ts";

const HOST = readFileSync(new URL("../../../fixtures/fingerprint/host.txt", import.meta.url), "utf8");

type Change = readonly [from: string | RegExp, to: string];

interface Case {
  /** A change that Docker or the kernel may make: no difference. */
  readonly rightful: readonly Change[];
  /** A similar change that they may not make, and the line it must give. */
  readonly wrongful: readonly Change[];
  readonly line: RegExp;
}

const ALL_OF_THE_BRIDGE: readonly Change[] = [
  [/^.*"ifname":"fl-144156oyqx0".*\n/m, ""],
  [/^.*net\/ipv4\/conf\/fl-144156oyqx0.*\n/m, ""],
  [/^149: .*\n/m, ""],
  [/^172\.18\.0\.0\/16 dev.*\n/m, ""],
  [/^qdisc .* dev fl-144156oyqx0 .*\n/m, ""],
];

const SWITCHED_ON: Change = [/(?<=ipv6\/conf\/\w+\/forwarding):0/g, ":1"];

const ANYCAST = (address: string, device = "eth0"): string =>
  `anycast ${address} dev ${device} table local proto kernel metric 0 pref medium\n`;

/** The address that a router advertised to eth0, with its routes. */
const EXPIRED: readonly Change[] = [
  [/^4: eth0 +inet6 fd00:5::fc.*\n/m, ""],
  [/^local fd00:5::fc.*\n/m, ""],
  [/^fd00:5::\/64 dev eth0 .*\n/m, ""],
];

const CASES: Readonly<Record<string, Case>> = {
  "sysctl-live": {
    rightful: [
      ["dentry-state:337501", "dentry-state:9"],
      ["file-nr:1779", "file-nr:1780"],
      ["quota/syncs:2004", "quota/syncs:2005"],
      ["ns_last_pid:1522", "ns_last_pid:2047"],
      ["pty/nr:2", "pty/nr:3"],
      ["uuid:751d0a11", "uuid:d3fecdf7"],
    ],
    wrongful: [["fs/file-max:2466183", "fs/file-max:9223372036854775807"]],
    line: /^sysctl fs\.file-max: 2466183 → 9223372036854775807$/,
  },
  "accepting-chain": {
    rightful: [
      ["@@ ip6tables-nft\n", "@@ ip6tables-nft\n*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"],
    ],
    wrongful: [[":INPUT ACCEPT", ":INPUT DROP"]],
    line: /^iptables-nft filter INPUT new: chain, policy DROP$/,
  },
  "docker-device": {
    rightful: [
      [/^.*"ifname":"br-5f2c8e0d1a34".*\n/m, ""],
      [/^.*conf\/br-5f2c8e0d1a34\/.*\n/m, ""],
      [/veth98d84bc/g, "veth1234567"],
      ["172.17.0.1 linkdown", "172.17.0.1"],
      ['"NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"operstate":"DOWN"', '"UP"],"mtu":1500,"operstate":"UP"'],
    ],
    wrongful: [["conf/eth0/forwarding:1", "conf/eth0/forwarding:0"]],
    line: /^sysctl net\.ipv4\.conf\.eth0\.forwarding: 1 → 0$/,
  },
  "cluster-bridge": {
    rightful: [
      ["conf/fl-144156oyqx0/forwarding:1", "conf/fl-144156oyqx0/forwarding:0"],
      ["src 172.18.0.1 \n", "src 172.18.0.1 linkdown \n"],
    ],
    wrongful: [[/^.*"ifname":"fl-144156oyqx0".*\n/m, '$&{"ifindex":200,"ifname":"fl-999999aaaa0"},\n']],
    line: /^link fl-999999aaaa0 ifindex new: the bridge of a cluster$/,
  },
  "cluster-cleaned-up": {
    rightful: [...ALL_OF_THE_BRIDGE, [/^-A DOCKER-USER -i fl-.*\n/m, ""]],
    wrongful: [[/^-A DOCKER-USER -s 198.*\n/m, ""]],
    line: /^iptables-nft filter DOCKER-USER gone: -A DOCKER-USER -s 198\.51\.100\.0\/24 -j DROP$/,
  },
  "docker-chain": {
    rightful: [
      [/^-A DOCKER-ISOLATION-STAGE-[12] -[io] .*\n/gm, ""],
      [/^-A DOCKER -.*\n/gm, ""],
    ],
    wrongful: [["-A DOCKER-USER -j RETURN", "-A DOCKER-USER -s 10.0.0.0/8 -j ACCEPT\n-A DOCKER-USER -j RETURN"]],
    line: /^iptables-nft filter DOCKER-USER new: -A DOCKER-USER -s 10\.0\.0\.0\/8 -j ACCEPT$/,
  },
  "docker-forward": {
    rightful: [[/^-A FORWARD -[io] (fl-|docker0).*\n/gm, ""]],
    wrongful: [["-A FORWARD -i eth0 -o wg0 -j ACCEPT\n", ""]],
    line: /^iptables-nft filter FORWARD gone: -A FORWARD -i eth0 -o wg0 -j ACCEPT$/,
  },
  "docker-masquerade": {
    rightful: [[/^-A POSTROUTING -s 172.*\n/gm, ""]],
    wrongful: [["-A POSTROUTING -s 10.8.0.0/24 ! -o wg0 -j MASQUERADE\n", ""]],
    line: /^iptables-nft nat POSTROUTING gone: -A POSTROUTING -s 10\.8\.0\.0\/24 ! -o wg0 -j MASQUERADE$/,
  },
  "docker-ipv6-forwarding": {
    rightful: [SWITCHED_ON],
    wrongful: [["ipv6/conf/eth0/accept_ra:1", "ipv6/conf/eth0/accept_ra:2"]],
    line: /^sysctl net\.ipv6\.conf\.eth0\.accept_ra: 1 → 2$/,
  },
  "docker-ipv6-forward-drop": {
    rightful: [SWITCHED_ON, ["@@ ip6tables-nft\n", "@@ ip6tables-nft\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"]],
    wrongful: [["@@ ip6tables-nft\n", "@@ ip6tables-nft\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"]],
    line: /^ip6tables-nft filter FORWARD new: chain, policy DROP$/,
  },
  "ipv6-forwarding-anycast": {
    rightful: [SWITCHED_ON, ["@@ rule\n", `${ANYCAST("fd00::")}${ANYCAST("fe80::")}@@ rule\n`]],
    wrongful: [["@@ rule\n", `${ANYCAST("fd00::")}@@ rule\n`]],
    line: /^route new: anycast fd00:: dev eth0 table local proto kernel metric 0 pref medium$/,
  },
  "ipv6-forwarding-advertised": {
    rightful: [SWITCHED_ON, ...EXPIRED],
    wrongful: EXPIRED,
    line: /^address gone: eth0 inet6 fd00:5::fc/,
  },
  "docker-direct-access": {
    rightful: [[/^-A PREROUTING -d 172.*\n/m, ""]],
    wrongful: [[/^-A PREROUTING -d 192.*\n/m, ""]],
    line: /^iptables-nft raw PREROUTING gone: -A PREROUTING -d 192\.0\.2\.9\/32 ! -i eth0 -j DROP$/,
  },
};

function after(changes: readonly Change[], rules = HOST_RULES): string[] {
  let text = HOST;
  for (const [from, to] of changes) {
    const changed = text.replace(from, to);
    expect(changed, String(from)).to.not.equal(text);
    text = changed;
  }
  const [was, is] = [normalise(HOST), normalise(text)];
  const [before, now] = hostContexts(was, is);
  return differences(rules, [was, before], [is, now]);
}

describe("a change on a host", () => {
  for (const { name, why } of HOST_RULES.slice(KERNEL_RULES.length)) {
    it(`${name}: ${why}`, () => {
      const rule = CASES[name];
      if (!rule) throw new Error(`rule ${name} has no test case`);
      expect(after(rule.rightful)).to.deep.equal([]);
      const others = HOST_RULES.filter((other) => other.name !== name);
      expect(after(rule.rightful, others), "without the rule").to.not.deep.equal([]);
      expect(after(rule.wrongful).join("\n")).to.match(new RegExp(rule.line.source, "m"));
    });
  }

  const OF_THE_MACHINE: readonly (readonly [from: string, to: string, line: string])[] = [
    ["kernel/panic:1", "kernel/panic:10", "sysctl kernel.panic: 1 → 10"],
    ["vm/overcommit_memory:0", "vm/overcommit_memory:1", "sysctl vm.overcommit_memory: 0 → 1"],
    ["vm/max_map_count:65530", "vm/max_map_count:262144", "sysctl vm.max_map_count: 65530 → 262144"],
    ["conntrack_max:262144", "conntrack_max:131072", "sysctl net.netfilter.nf_conntrack_max: 262144 → 131072"],
  ];
  for (const [from, to, line] of OF_THE_MACHINE) {
    it(`is reported: ${line}, which a node's kubelet or kube-proxy would make`, () => {
      expect(after([[from, to]])).to.deep.equal([line]);
    });
  }

  it("is a leftover for a new closing rule of IPv6 too, and none for its removal", () => {
    const rule =
      "-A FORWARD -i fl-155557aaaaa0 ! -o fl-155557aaaaa0 " +
      '-m comment --comment "faultline:faultline-155557aaaaa0 0/0/x" -j DROP';
    const table = `@@ ip6tables-nft\n*mangle\n:FORWARD ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
    expect(after([["@@ ip6tables-nft\n", table]])).to.deep.equal([`ip6tables-nft mangle FORWARD new: ${rule}`]);
    const [was, is] = [normalise(HOST.replace("@@ ip6tables-nft\n", table)), normalise(HOST)];
    const [before, now] = hostContexts(was, is);
    expect(differences(HOST_RULES, [was, before], [is, now])).to.deep.equal([]);
  });

  it("is a leftover for a new cluster, even if another was cleaned up", () => {
    const renamed: Change = [/144156oyqx0/g, "155557aaaaa0"];
    expect(after([renamed])).to.have.members([
      "link fl-155557aaaaa0 ifindex new: the bridge of a cluster",
      "iptables-nft filter DOCKER-USER new: -A DOCKER-USER -i fl-155557aaaaa0 ! -o fl-155557aaaaa0 " +
        '-m comment --comment "faultline:faultline-155557aaaaa0" -j DROP',
    ]);
  });
});
