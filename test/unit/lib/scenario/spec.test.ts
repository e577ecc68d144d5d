import { expect } from "chai";
import type { IpFamily } from "../../../../lib/model/cell.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import * as claims from "../../../../lib/scenario/spec.ts";
import type { Scenario, ScenarioSpec } from "../../../../lib/scenario/spec.ts";
import { RECORD } from "../../sample-cluster.ts";

const context = { cell: RECORD.cell, traits: RECORD.traits };
const bare = { cell: RECORD.cell, traits: { ...RECORD.traits, bridge: null, overlay: null } };
const address = (role: string, way: string) => `${role}/${way}`;

function spec(change: Partial<ScenarioSpec> = {}): ScenarioSpec {
  const fault = claims.sysctl("A", "net.ipv4.ip_forward", 0);
  const expected = { "same → server by podIP": "ok" } as const;
  return { claim: "x", documented: ["y"], fault, expect: expected, recovers: claims.within(1), ...change };
}

function named(change: Partial<ScenarioSpec>): Scenario {
  return { ...spec(change), id: "nodes/x", title: "X" };
}

describe("the DSL of suites", () => {
  const faults = {
    "sysctl net.ipv4.ip_forward": [claims.sysctl("A", "net.ipv4.ip_forward", 0), "sysctl"],
    "drop udp": [claims.drop("B", { hook: "prerouting", protocol: "udp" }), "drop"],
    "route blackhole": [claims.route("A", { type: "blackhole", to: "10.0.0.0/8" }), "route"],
    "link down": [claims.linkDown("A", "flannel.1"), "link"],
    "link bounced": [claims.linkBounced("A", "flannel.1"), "link"],
    "policy of FORWARD": [claims.forwardPolicy("A", "DROP"), "policy"],
    "an agent's rule": [claims.ruleGone("A", { table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" }), "rule"],
    "resolver of pods": [claims.podsResolver("A", "127.0.0.53"), "resolv-conf"],
    "a balancer's address": [claims.loadBalancer({ address: "172.18.0.9", ipMode: "VIP" }), "load-balancer"],
    "an empty selector": [claims.selectNobody("server"), "selector"],
    nothing: [claims.noFault, "none"],
  } as const;
  for (const [name, [{ fault }, kind]] of Object.entries(faults)) {
    it(`makes plain data of kind ${kind} for ${name}`, () => {
      expect(fault.kind).to.equal(kind);
      expect(JSON.parse(JSON.stringify(fault))).to.deep.equal(fault);
    });
  }

  it("writes a sysctl's number as a string", () => {
    expect(claims.sysctl("A", "net.x", 0).fault).to.include({ value: "0" });
  });

  it("accepts one fault, several, or a function of the cluster", () => {
    const none = claims.noFault;
    expect(claims.faultsOf(spec({ fault: none }), { ...context, address })).to.deep.equal([none]);
    expect(claims.faultsOf(spec({ fault: [none, none] }), { ...context, address })).to.have.length(2);
    const asked = spec({
      fault: ({ address: of }) => claims.route("B", { type: "blackhole", to: of("server", "podIP") }),
    });
    expect(claims.faultsOf(asked, { ...context, address })[0]?.fault).to.include({ to: "server/podIP" });
  });

  it("leaves out paths of a family that the cell lacks, with the reason", () => {
    const [plain, v4, v6] = ["podIP", "IPv4 podIP", "IPv6 podIP"].map((way) => `same → server by ${way}`) as [
      string,
      string,
      string,
    ];
    const both = spec({ expect: { [plain]: "ok", [v4]: "ok", [v6]: "connect-timeout" } });
    const of = (ipFamily: IpFamily) => ({ ...context, cell: { ...context.cell, ipFamily } });
    const claimed = (ipFamily: IpFamily) => Object.keys(claims.expectationsOf(both, of(ipFamily)));
    expect(claimed("dual")).to.deep.equal([plain, v4, v6]);
    expect(claims.leftOutOf(both, of("dual"))).to.deep.equal({});
    expect(claimed("ipv4")).to.deep.equal([plain, v4]);
    expect(claims.leftOutOf(both, of("ipv4"))).to.deep.equal({ [v6]: "the cell has no IPv6" });
    expect(claimed("ipv6")).to.deep.equal([plain, v6]);
    expect(claims.leftOutOf(both, of("ipv6"))).to.deep.equal({ [v4]: "the cell has no IPv4" });
  });

  it("knows the family of a way that names none", () => {
    const of = (ipFamily: IpFamily) => ({ ...context, cell: { ...context.cell, ipFamily } });
    const families = (test: (context: claims.CellContext) => boolean) =>
      (["ipv4", "ipv6", "dual"] as const).filter((ipFamily) => test(of(ipFamily)));
    expect(families(claims.isPlain("IPv4"))).to.deep.equal(["ipv4", "dual"]);
    expect(families(claims.isPlain("IPv6"))).to.deep.equal(["ipv6"]);
    expect(families(claims.bothOf(claims.isPlain("IPv4"), claims.isPlain("IPv6")))).to.deep.equal([]);
    expect(claims.forwardPolicy("A", "DROP", "IPv6").fault).to.include({ family: 6 });
    expect(claims.forwardPolicy("A", "DROP").fault).to.not.have.property("family");
  });

  it("keys claims by traits", () => {
    const path = "same → server by podIP";
    const keyed = spec({ expect: { [path]: claims.where(claims.hasBridge, "connect-timeout").otherwise("ok") } });
    expect(claims.expectationsOf(keyed, context)).to.deep.equal({ [path]: { symptoms: ["connect-timeout"] } });
    expect(claims.expectationsOf(keyed, bare)).to.deep.equal({ [path]: { symptoms: ["ok"] } });
    expect([context, bare].map(claims.hasOverlay)).to.deep.equal([true, false]);
  });

  it("skips shares of lookups where the client's address decides the replica", () => {
    const inMode = (proxyMode: "ipvs" | "ipvs-sh") => ({ ...context, cell: { ...context.cell, proxyMode } });
    expect(claims.whyNotSpread(inMode("ipvs"))).to.equal(null);
    expect(claims.whyNotSpread(inMode("ipvs-sh"))).to.match(/reach one replica/);
  });

  it("states budgets in ms", () => {
    expect(claims.within(claims.seconds(5))).to.deep.equal({ withinMs: 5000 });
  });
});

describe("checkScenario", () => {
  it("accepts paths that parse", () => {
    expect(() => claims.checkScenario(named({}))).to.not.throw();
  });

  it("throws for a scenario that expects nothing", () => {
    expect(() => claims.checkScenario(named({ expect: {} }))).to.throw(UsageError, "suite nodes/x");
  });

  it("throws naming the suite and the unknown word", () => {
    const wrong = named({ expect: { "same → server by magic": "ok" } });
    expect(() => claims.checkScenario(wrong)).to.throw(UsageError, /suite nodes\/x: .*"magic"/);
  });
});
