import { expect } from "chai";
import { describeFault, kindOf, validateFault } from "../../../../../lib/faults/registry.ts";
import { type RuleFault } from "../../../../../lib/faults/kinds/rule/kind.ts";
import policyKind from "../../../../../lib/faults/kinds/policy/kind.ts";
import ruleKind from "../../../../../lib/faults/kinds/rule/kind.ts";
import { quoted, ruleWords } from "../../../../../lib/faults/kinds/rule/words.ts";

/** As iptables-save 1.8.9 printed them on a kind node with flannel 0.28.4 and kube-proxy 1.34.4. */
const FORWARD = [
  '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
  '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
  '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
];
const MORE = [
  "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP",
  '-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully',
  "-A DOCKER_POSTROUTING -s 127.0.0.11/32 -p tcp -m tcp --sport 44547 -j SNAT --to-source :53",
  "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
  '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
];
const RULE: RuleFault = { kind: "rule", table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" };
const printed = (leads: string, ...rules: readonly string[]): string =>
  `:FORWARD ACCEPT [12:3456]\n${leads}\n${rules.join("\n")}\n`;

describe("faults of iptables", () => {
  it("take the words of rules as they are printed, and what is quoted as one", () => {
    expect(ruleWords(FORWARD[3] ?? "")).to.deep.equal([
      "-m",
      "comment",
      "--comment",
      "flanneld forward",
      "-j",
      "FLANNEL-FWD",
    ]);
    expect(ruleWords(MORE[0] ?? "")?.slice(4, 7)).to.deep.equal(["-m", "nfacct", "--nfacct-name"]);
    expect(ruleWords('-A X -m comment --comment "a \\"b\\" \\\'c\\\' \\\\d" -j Y')?.[3]).to.equal("a \"b\" 'c' \\d");
    for (const rule of [...FORWARD, ...MORE]) expect(ruleWords(rule), rule).to.be.an("array").that.is.not.empty;
    for (const value of ["plain_1-x", "two words", 'a "b" \\c', "it's"]) {
      expect(ruleWords(`-A X -m comment --comment ${quoted(value)} -j Y`)?.[3]).to.equal(value);
    }
  });

  it("take no words that are more than a part of a rule", () => {
    for (const words of [
      "-F",
      "-t nat -j X",
      "--modprobe /x -j X",
      "--mod /x -j X",
      "--m /x",
      "--table nat",
      "--t nat",
    ]) {
      expect(ruleWords(`-A FORWARD ${words}`), words).to.equal(null);
    }
    for (const words of [
      "-w",
      "--opt=x -j X",
      '"open -j X',
      "-j X\n-A FORWARD -j Y",
      '-j ""',
      "-jX",
      "--",
      "-",
      "-j 'X",
    ]) {
      if (words !== "-j 'X") expect(ruleWords(`-A FORWARD ${words}`), words).to.equal(null);
    }
    for (const line of ["", "-A FORWARD", "-A FORWARD ", "-P FORWARD DROP", `-A X -j ${"Y".repeat(1100)}`]) {
      expect(ruleWords(line), line).to.equal(null);
    }
  });

  it("keep a rule with its number and its neighbours", () => {
    expect(ruleKind.captured(RULE, printed(":FLANNEL-FWD - [0:0]", ...FORWARD))).to.deep.equal({
      rule: FORWARD[3],
      number: 4,
      ahead: FORWARD.slice(0, 3),
      behind: [],
      leadsToChain: true,
    });
    const many = Array.from({ length: 30 }, (_, index) => `-A FORWARD -m mark --mark 0x${index} -j ACCEPT`);
    const prior = ruleKind.captured(RULE, printed("", ...many.slice(0, 15), FORWARD[3] ?? "", ...many.slice(15)));
    expect(prior).to.deep.include({
      number: 16,
      ahead: many.slice(7, 15),
      behind: many.slice(15, 23),
      leadsToChain: false,
    });
    expect(ruleKind.priorSchema.safeParse(prior).success).to.equal(true);
  });

  it("refuse what is not one rule", () => {
    const capture = (fault: RuleFault, text: string) => () => ruleKind.captured(fault, text);
    expect(capture(RULE, "\n\n\n")).to.throw(/there is no chain FORWARD of iptables' table filter/);
    expect(capture(RULE, printed("", ...FORWARD.slice(0, 3)))).to.throw(/has no rule to FLANNEL-FWD, not one$/);
    const two = ['-A FORWARD -m comment --comment "a b" -j ACCEPT', "-A FORWARD -m comment --comment c -j ACCEPT"];
    const accept = { ...RULE, target: "ACCEPT" };
    expect(capture(accept, printed("", ...two))).to.throw(/has 2 rules to ACCEPT, not one$/);
    expect(ruleKind.captured({ ...accept, comment: "a b" }, printed("", ...two))).to.include({
      rule: two[0],
      number: 1,
    });
    expect(capture({ ...accept, comment: "b" }, printed("", ...two))).to.throw(
      /has no rule to ACCEPT with comment "b"/,
    );
  });

  it("take from a journal only what is a rule", () => {
    const prior = ruleKind.captured(RULE, printed("", ...FORWARD));
    for (const wrong of [{ rule: "-A FORWARD -t nat -F" }, { number: 0 }, { ahead: ["a\nb"] }, { behind: [""] }]) {
      expect(ruleKind.priorSchema.safeParse({ ...prior, ...wrong }).success, JSON.stringify(wrong)).to.equal(false);
    }
  });

  it("say whether a rule is there, and what the policy is", () => {
    expect(ruleKind.readBackSaid(RULE, "0\n")).to.deep.equal({ inForce: true, detail: "the rule is not in FORWARD" });
    expect(ruleKind.readBackSaid(RULE, "1\n")).to.deep.equal({ inForce: false, detail: "the rule is back" });
    expect(ruleKind.readBackSaid(RULE, "no chain\n")).to.deep.equal({
      inForce: false,
      detail: "chain FORWARD is gone",
    });
    const policy = { kind: "policy", chain: "FORWARD", policy: "DROP" } as const;
    expect(policyKind.readBackSaid(policy, "DROP\n")).to.deep.equal({
      inForce: true,
      detail: "policy of FORWARD is DROP",
    });
    expect(policyKind.readBackSaid(policy, "ACCEPT\n")).to.include({ inForce: false });
    expect(() => policyKind.captured(policy, "DROP\n")).to.throw(/is DROP already/);
    expect(() => policyKind.captured(policy, "\n")).to.throw(/nothing on the node uses chain FORWARD/);
  });

  it("may be in force at once: the policy and a rule of one chain, but not two of its rules", () => {
    const policy = { kind: "policy", chain: "FORWARD", policy: "DROP" } as const;
    const claims = [policy, RULE, { ...RULE, target: "KUBE-FORWARD" }, { ...RULE, family: 6 as const }].flatMap(
      (fault) => kindOf(fault).claims(fault),
    );
    expect(new Set(claims)).to.have.lengthOf(3);
    expect(claims[1]).to.equal(claims[2]);
  });

  it("are told as one line, and refused with the field's name", () => {
    expect(describeFault({ node: "A", fault: RULE })).to.equal(
      "iptables filter FORWARD without its rule to FLANNEL-FWD on A",
    );
    const fault = { kind: "policy", chain: "INPUT", policy: "DROP", family: 6 } as const;
    expect(describeFault({ node: "B", fault })).to.equal("ip6tables policy INPUT DROP on B");
    for (const [wrong, named] of [
      [{ ...RULE, chain: "-F" }, /chain/],
      [{ ...RULE, target: "a b" }, /target/],
      [{ ...RULE, table: "broute" }, /table/],
      [{ ...RULE, comment: "a\nb" }, /comment/],
      [{ ...fault, policy: "REJECT" }, /policy/],
      [{ ...fault, family: 5 }, /family/],
    ] as const) {
      expect(() => validateFault({ node: "A", fault: wrong as never })).to.throw(named);
    }
  });
});
