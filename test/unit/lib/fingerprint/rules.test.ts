import { expect } from "chai";
import { readFileSync } from "node:fs";
import { contextOf } from "../../../../lib/fingerprint/context.ts";
import { differences } from "../../../../lib/fingerprint/diff.ts";
import { normalise } from "../../../../lib/fingerprint/normalise.ts";
import { RULES } from "../../../../lib/fingerprint/rules.ts";

const NODE = readFileSync(new URL("../../../fixtures/fingerprint/node.txt", import.meta.url), "utf8");

type Change = readonly [from: string | RegExp, to: string | ((found: string) => string)];

interface Case {
  /** A change that agents may make: no difference. */
  readonly rightful: readonly Change[];
  /** A similar change that they may not make, and the line it must give. */
  readonly wrongful: readonly Change[];
  readonly line: RegExp;
}

/**
 * The pod behind 10.244.0.2 recreated as 10.244.0.7, in all forms that kube-proxy writes; it comes second in the list
 * now.
 */
const MOVED_IPTABLES: readonly Change[] = [
  [/KUBE-SEP-AAAAAAAAAAAAAAAA/g, "KUBE-SEP-CCCCCCCCCCCCCCCC"],
  [/(--to-destination|->) 10\.244\.0\.2:53/g, "$1 10.244.0.7:53"],
  [
    /(-A KUBE-SVC-\S+ .*? -> \S+") -m statistic --mode random --probability 0.50000000000 (.*)\n(-A KUBE-SVC-\S+ .*?") (-j .*)\n/,
    "$3 -m statistic --mode random --probability 0.50000000000 $4\n$1 $2\n",
  ],
];
const MOVED_NFT: readonly Change[] = [
  [
    /endpoint-5OJB2KTY-kube-system\/kube-dns\/udp\/dns__10\.244\.0\.2\/53/g,
    "endpoint-ZZZZZZZZ-kube-system/kube-dns/udp/dns__10.244.0.7/53",
  ],
  [/ip saddr 10\.244\.0\.2 /, "ip saddr 10.244.0.7 "],
  [/\{ 0 : (goto endpoint-Z\S+), 1 : (goto endpoint-A\S+) \}/, "{ 0 : $2, 1 : $1 }"],
];

const GONE_SERVICE = "\tchain external-AAAAAAAA-faultline/faultline-abcd/tcp/";

const MOVED_LOOP_BACK: Change = ["10.244.0.2,udp:53,10.244.0.2", "10.244.0.7,udp:53,10.244.0.7"];

/** A new pod, whose device's name starts like another's. */
const CALICO_POD: Change = [
  '{"ifindex":9,',
  '{"ifindex":8,"link_netnsid":3,"ifname":"cali6aaaaaaaaaa","flags":["UP"],"mtu":1450},\n{"ifindex":9,',
];

const CASES: Readonly<Record<string, Case>> = {
  "sysctl-no-setting": {
    rightful: [
      ["nf_conntrack_count:12", "nf_conntrack_count:9"],
      ["aa:bb", "cc:dd"],
    ],
    wrongful: [["net/bridge/bridge-nf-call-iptables:1", "net/bridge/bridge-nf-call-iptables:0"]],
    line: /bridge-nf-call-iptables: 1 → 0/,
  },
  "sysctl-of-the-host": {
    rightful: [["nf_conntrack_max:262144", "nf_conntrack_max:131072"]],
    wrongful: [["ip_forward:1", "ip_forward:0"]],
    line: /ip_forward: 1 → 0/,
  },
  "pod-came-or-went": {
    rightful: [
      [/veth0a1b2c3d/g, "veth99999999"],
      ['"ifindex":7', '"ifindex":12'],
    ],
    wrongful: [['"master":"cni0"', '"master":"other"']],
    line: /^link veth0a1b2c3d master: cni0 → other$/,
  },
  "endpoint-chain-came-or-went": {
    rightful: MOVED_NFT,
    wrongful: [["--to-destination 10.244.0.2:53", "--to-destination 10.244.0.9:53"]],
    line: /KUBE-SEP-A+ gone: .*10\.244\.0\.2:53/,
  },
  "service-leads-to-moved-endpoint": {
    rightful: MOVED_IPTABLES,
    // One of two endpoints is gone without a replacement.
    wrongful: [[/.*KUBE-SEP-A{16}.*\n/g, ""]],
    line: /KUBE-SVC-TCOU7JCQXEZGVUNU gone/,
  },
  "services-in-any-order": {
    rightful: [[/(-A KUBE-SERVICES -d 10\.96\.0\.10.*\n)(-A KUBE-SERVICES -d .*\n)/, "$2$1"]],
    wrongful: [[/(-A KUBE-SERVICES -d 10\.96\.0\.1\/.*\n)(-A KUBE-SERVICES -m .*\n)/, "$2$1"]],
    line: /^iptables-nft nat KUBE-SERVICES: order changed$/,
  },
  "service-chain-emptied": {
    rightful: [[/(?=\tchain service-N)/, `${GONE_SERVICE} {\n\t}\n`]],
    wrongful: [[/(?=\tchain service-N)/, `${GONE_SERVICE} {\n\t\tdrop\n\t}\n`]],
    line: /^nft ip kube-proxy chain external-AAAAAAAA-\S+ new: drop$/,
  },
  "ipvs-draining": {
    rightful: [
      ["-r 10.244.0.2:53 -m -w 1", "-r 10.244.0.7:53 -m -w 1\n-a -u 10.96.0.10:53 -r 10.244.0.8:53 -m -w 0"],
      MOVED_LOOP_BACK,
    ],
    wrongful: [["-r 10.244.0.2:53 -m -w 1", "-r 10.244.0.2:53 -m -w 0"]],
    line: /^ipvs gone: .*10\.244\.0\.2:53 -m -w 1$/,
  },
  "ipvs-endpoint-moved": {
    rightful: [["-r 10.244.0.2:53", "-r 10.244.0.7:53"], MOVED_LOOP_BACK],
    wrongful: [["-a -u 10.96.0.10:53 -r 10.244.0.2:53 -m -w 1\n", ""]],
    line: /^ipvs gone: .*\(moved\)/,
  },
  "router-advertised": {
    rightful: [[/2001:db8::.*\n/, ""]],
    wrongful: [["2001:db8::/64 dev eth0 proto ra", "2001:db8::/64 dev eth0 proto static"]],
    line: /^route new: 2001:db8::\/64 dev eth0 proto static/,
  },
  "fdb-learned": {
    rightful: [[/aa:0f.*\n/, ""]],
    wrongful: [[/5e:0f.*self permanent.*\n/, ""]],
    line: /^fdb gone: 5e:0f/,
  },
  "fdb-multicast-membership": {
    rightful: [[/01:00:5e:00:00:6a dev cni0.*\n/, "33:33:ff:00:00:02 dev cni0 self permanent\n"]],
    // In a tunnel a configured group has a destination.
    wrongful: [["@@ iptables-nft", "01:00:5e:00:00:01 dev flannel.1 dst 172.18.0.9 self permanent\n@@ iptables-nft"]],
    line: /^fdb new: 01:00:5e:00:00:01 dev flannel.1 dst/,
  },
  "fdb-bridge-itself": {
    rightful: [["e6:93:ba:ad:a8:f6 dev cni0 master cni0 permanent\n", ""]],
    // Another address is a configured one.
    wrongful: [["@@ iptables-nft", "9e:c5:03:b3:c7:08 dev cni0 master cni0 permanent\n@@ iptables-nft"]],
    line: /^fdb new: 9e:c5:03:b3:c7:08 dev cni0 master cni0 permanent/,
  },
  "neighbour-resolved": {
    rightful: [
      ["02:42:ac:12:00:02 REACHABLE", "02:42:ac:12:00:99 STALE"],
      ["extern_learn REACHABLE", "extern_learn DELAY"],
      ["02:42:ac:12:00:06 managed extern_learn REACHABLE", "02:42:ac:12:00:66 managed extern_learn PROBE"],
    ],
    wrongful: [["02:42:ac:12:00:05 extern_learn", "02:42:ac:12:00:55 extern_learn"]],
    line: /^neighbour gone: 10\.244\.2\.1 dev eth0 lladdr 02:42:ac:12:00:05 extern_learn$/,
  },
  "nft-element-expires": {
    rightful: [
      ["10.244.1.7, 10.244.1.8", "10.244.1.9"],
      ["192.0.2.1 timeout 10m, ", ""],
    ],
    wrongful: [["192.0.2.9 }", "192.0.2.8 }"]],
    line: /^nft inet other set allowed elements gone: 192\.0\.2\.9$/,
  },
  "ipset-entry-expires": {
    rightful: [[/add banned 192\.0\.2\.4.*\n/, ""]],
    wrongful: [[/add banned 192\.0\.2\.5.*\n/, ""]],
    line: /^ipset banned gone: 192\.0\.2\.5 timeout 0$/,
  },
  "ipset-hash": {
    rightful: [
      [
        "hashsize 1024 maxelem 65536 comment bucketsize 12 initval 0x8daeb5e2",
        "hashsize 4096 maxelem 65536 comment bucketsize 12 initval 0x12345678",
      ],
    ],
    wrongful: [["maxelem 65536 comment", "maxelem 1 comment"]],
    line: /^ipset KUBE-LOOP-BACK new: .* maxelem 1 comment/,
  },
  "ipset-endpoint-moved": {
    rightful: [
      ["-r 10.244.0.2:53", "-r 10.244.0.7:53"],
      ["10.244.0.2,udp:53,10.244.0.2", "10.244.0.7,udp:53,10.244.0.7"],
      ["-r [fd00:10:244::2]:80", "-r [fd00:10:244::7]:80"],
      ["fd00:10:244::2,tcp:80,fd00:10:244::2", "fd00:10:244::7,tcp:80,fd00:10:244::7"],
    ],
    // The endpoint has not moved.
    wrongful: [["10.244.0.2,udp:53,10.244.0.2", "10.244.0.7,udp:53,10.244.0.7"]],
    line: /^ipset KUBE-LOOP-BACK gone: 10\.244\.0\.2,udp:53/,
  },
  "ipset-selected-pod-moved": {
    rightful: [[/(add cali40s:\S+) 10\.244\.0\.2/, "$1 10.244.0.7"]],
    wrongful: [[/add cali40s:\S+ 10\.244\.0\.2\n/, ""]],
    line: /^ipset cali40s:\S+ gone: \(moved\)$/,
  },
  "felix-rule-renamed": {
    rightful: [["cali:oUFnOgHyE1vEmGmV", "cali:-2EN-rgeSf_6ptih"]],
    wrongful: [[/cali:oUFnOgHyE1vEmGmV(.*) -j DROP/, "cali:-2EN-rgeSf_6ptih$1 -j ACCEPT"]],
    line: /^iptables-nft filter cali-from-wl-dispatch.*"Unknown interface" -j DROP/,
  },
  "felix-dispatch-regrouped": {
    rightful: [
      CALICO_POD,
      [/-A cali-from-wl-dispatch -i cali6.*\n/, (rule: string) => regrouped(rule, "cali6aaaaaaaaaa")],
    ],
    wrongful: [CALICO_POD, [/-A cali-from-wl-dispatch -i cali6.*\n/, ""]],
    line: /^iptables-nft filter cali-from-wl-dispatch gone: .* -g cali-fw-cali63457abc035$/,
  },
  "bpf-program-reloaded": {
    // Older tc prints no name.
    rightful: [["id 421 name", "id 533 name"]],
    wrongful: [
      ["id 421 name cil_from_netdev tag 5a2f7c1be0d94a13", "id 533 name cil_from_netdev tag 0000000000000000"],
    ],
    line: /^filter eth0 ingress gone: .*cil_from_netdev-eth0/,
  },
  "class-of-a-flow": {
    rightful: [
      ["class fq_codel 20:1a2 parent 20: \n", "class fq_codel 20:9 parent 20: \nclass fq_codel 20:a parent 20: \n"],
    ],
    wrongful: [[/class htb 1:10.*\n/, ""]],
    line: /^class eth0 gone: class htb 1:10/,
  },
};

/** Felix's form of a pod's rule when another pod's device has the same prefix. */
function regrouped(rule: string, other: string): string {
  const chain = "-A cali-from-wl-dispatch-6";
  const own = rule.replace("-A cali-from-wl-dispatch", chain);
  return [
    '-A cali-from-wl-dispatch -i cali6+ -m comment --comment "cali:AAAAAAAAAAAAAAAA" -g cali-from-wl-dispatch-6\n',
    own,
    own.replaceAll("cali63457abc035", other),
    `${chain} -m comment --comment "cali:BBBBBBBBBBBBBBBB" -m comment --comment "Unknown interface" -j DROP\n`,
  ].join("");
}

function after(changes: readonly Change[], rules = RULES): string[] {
  let text = NODE;
  for (const [from, to] of changes) {
    const changed = typeof to === "string" ? text.replace(from, to) : text.replace(from, to);
    expect(changed, String(from)).to.not.equal(text);
    text = changed;
  }
  const [was, is] = [normalise(NODE), normalise(text)];
  return differences(rules, [was, contextOf(was, is)], [is, contextOf(is, was)]);
}

describe("a change by agents on a node", () => {
  for (const { name, why } of RULES) {
    it(`${name}: ${why}`, () => {
      const rule = CASES[name];
      if (!rule) throw new Error(`rule ${name} has no test case`);
      expect(after(rule.rightful)).to.deep.equal([]);
      const others = RULES.filter((one) => one.name !== name);
      expect(after(rule.rightful, others), "without the rule").to.not.deep.equal([]);
      expect(after(rule.wrongful).join("\n")).to.match(new RegExp(rule.line.source, "m"));
    });
  }

  it("does not treat eth0 as a pod's device, although its peer is elsewhere too", () => {
    const lines = after([[/.*"ifname":"eth0".*\n/, '{"ifindex":9,"ifname":"eth0","mtu":1500}]\n']]);
    expect(lines).to.include("link eth0 link_netnsid gone: 0");
  });
});
