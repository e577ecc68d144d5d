import { expect } from "chai";
import fc from "fast-check";
import type { Expectation } from "../../../../lib/model/expectation.ts";
import type { Observation, Seen } from "../../../../lib/probes/probe.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import { SYMPTOMS, type Symptom } from "../../../../lib/model/symptom.ts";
import { judgePath } from "../../../../lib/verdict/path.ts";
import { flows, SEEN } from "../../sample-log.ts";

const PATH = "same → server by ClusterIP";

function judge(expected: Expectation, observations: readonly Observation[]) {
  return judgePath(PATH, expected, observations);
}

type Judged = readonly (readonly [name: string, observed: readonly Observation[], verdict: Verdict])[];

/** Defines one test a row. */
function itJudges(expected: Expectation, table: Judged): void {
  for (const [name, observed, verdict] of table) {
    it(`judges ${name} as ${verdict}`, () => {
      expect(judge(expected, observed).verdict).to.equal(verdict);
    });
  }
}

describe("judgePath with a claim about every flow", () => {
  const timeout: Expectation = { symptoms: ["connect-timeout"] };
  const either: Expectation = { symptoms: ["dns-timeout", "dns-wrong-source"] };
  const table: readonly (readonly [string, Expectation, readonly Observation[], Verdict])[] = [
    ["three flows as expected", timeout, flows(PATH, "connect-timeout", 3), "pass"],
    ["no flow", timeout, [], "unknown"],
    ["one differing flow of three", timeout, [...flows(PATH, "connect-timeout", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["a refusal instead of a timeout", timeout, flows(PATH, "connection-refused", 3), "fail"],
    ["one undecided flow", timeout, [...flows(PATH, "connect-timeout", 2), ...flows(PATH, "unknown", 1)], "unknown"],
    ["only undecided flows", timeout, flows(PATH, "unknown", 3), "unknown"],
    ["an undecided flow before a wrong one", timeout, [...flows(PATH, "unknown", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["a wrong flow before an undecided one", timeout, [...flows(PATH, "ok", 1), ...flows(PATH, "unknown", 2)], "fail"],
    ["an answer from the wrong server", { symptoms: ["ok"] }, flows(PATH, "wrong-server", 3), "fail"],
    [
      "both of two allowed symptoms",
      either,
      [...flows(PATH, "dns-timeout", 1), ...flows(PATH, "dns-wrong-source", 2)],
      "pass",
    ],
    ["a symptom beside two allowed ones", either, [...flows(PATH, "dns-timeout", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["undecided flows, even if unknown is claimed,", { symptoms: ["unknown"] }, flows(PATH, "unknown", 3), "unknown"],
  ];
  for (const [name, expected, observations, verdict] of table) {
    it(`judges ${name} as ${verdict}`, () => {
      expect(judge(expected, observations)).to.include({ path: PATH, verdict });
    });
  }

  it("passes a silent flow beside a host-unreachable one only if it waited longer than ARP does", () => {
    const claimed: Expectation = { symptoms: ["host-unreachable"] };
    const reported = flows(PATH, "host-unreachable", 1);
    const silent = (durationMs: number) => flows(PATH, "connect-timeout", 2).map((one) => ({ ...one, durationMs }));
    expect(judge(claimed, [...reported, ...silent(10_800)]).verdict).to.equal("pass");
    expect(judge(claimed, [...reported, ...silent(2900)]).verdict).to.equal("fail");
    expect(judge(claimed, silent(10_800)).verdict).to.equal("fail");
    expect(judge(timeout, [...reported, ...silent(10_800)]).verdict).to.equal("fail");
    const early = { afterMs: 3200, resent: 3, conntrack: "" };
    expect(judge(claimed, [...reported, ...silent(3300).map((one) => ({ ...one, early }))]).verdict).to.equal("fail");
  });

  it("passes only claimed symptoms, for any mix of symptoms", () => {
    const seen = fc.array(fc.constantFrom(...SYMPTOMS), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.subarray([...SYMPTOMS], { minLength: 1 }), seen, (symptoms, observed) => {
        const { verdict } = judge(
          { symptoms },
          observed.flatMap((one) => flows(PATH, one, 1)),
        );
        const known = observed.filter((one) => one !== "unknown");
        if (known.some((one) => !symptoms.includes(one))) expect(verdict).to.equal("fail");
        else expect(verdict).to.equal(known.length < observed.length ? "unknown" : "pass");
      }),
    );
  });

  it("counts the observed symptoms in words, the most common first", () => {
    const observed = [...flows(PATH, "ok", 1), ...flows(PATH, "connect-timeout", 2)];
    expect(judge(timeout, observed)).to.deep.include({
      expected: "connect-timeout",
      observed: "connect-timeout ×2, ok ×1",
      reason: "ok: saw ok",
      symptoms: { "connect-timeout": 2, ok: 1 },
    });
    expect(judge(timeout, []).observed).to.equal("not measured");
  });
});

describe("judgePath with a claim about addresses", () => {
  type Claim = NonNullable<Expectation["addresses"]>;
  const masqueraded: Seen = { ...SEEN.untranslated, client: "172.18.0.2" };
  const table: readonly (readonly [string, Claim, Seen, Verdict])[] = [
    ["kept addresses", "untranslated", SEEN.untranslated, "pass"],
    ["a translated destination", "untranslated", SEEN.dnat, "fail"],
    ["a masqueraded client", "untranslated", masqueraded, "fail"],
    ["a destination translated to an endpoint", "dnat", SEEN.dnat, "pass"],
    ["an untranslated destination", "dnat", SEEN.untranslated, "fail"],
    ["a translated destination and client", "dnat", { ...SEEN.dnat, client: "172.18.0.2" }, "fail"],
    ["one address at both ends", "this-pod", SEEN["this-pod"], "pass"],
    ["another pod", "this-pod", SEEN.untranslated, "fail"],
    ["the pod itself through its Service", "this-pod", { ...SEEN.dnat, client: "10.244.1.9" }, "fail"],
  ];
  for (const [name, addresses, seen, verdict] of table) {
    it(`judges ${name} as ${verdict} for the claim ${addresses}`, () => {
      expect(judge({ symptoms: ["ok"], addresses }, flows(PATH, "ok", 3, seen)).verdict).to.equal(verdict);
    });
  }

  for (const field of ["client", "source", "local", "remote"] as const) {
    it(`is unknown if the answer lacks ${field}`, () => {
      const rest: Seen = Object.fromEntries(Object.entries(SEEN.dnat).filter(([name]) => name !== field));
      const expected: Expectation = { symptoms: ["ok"], addresses: "dnat" };
      expect(judge(expected, flows(PATH, "ok", 3, rest)).verdict).to.equal("unknown");
    });
  }

  it("fails if only the last flow contradicts the claim", () => {
    const observed = [...flows(PATH, "ok", 2, SEEN.dnat), ...flows(PATH, "ok", 1, SEEN.untranslated)];
    expect(judge({ symptoms: ["ok"], addresses: "dnat" }, observed).verdict).to.equal("fail");
  });

  it("fails a wrong symptom even if the addresses are as claimed", () => {
    const observed = flows(PATH, "wrong-server", 3, SEEN.dnat);
    expect(judge({ symptoms: ["ok"], addresses: "dnat" }, observed).verdict).to.equal("fail");
  });
});

describe("judgePath with a share that fails at one replica", () => {
  const half: Expectation = { symptoms: ["dns-timeout"], share: { part: 0.5, of: 40, replica: "dnsA" } };
  const lookups = (symptom: Symptom, count: number, replica?: string) =>
    flows(PATH, symptom, count, replica === undefined ? {} : { replica });
  const [failed, spared] = [lookups("dns-timeout", 20, "dnsA"), lookups("ok", 20, "dnsB")];
  const table: Judged = [
    ["failures at exactly that replica", [...failed, ...spared], "pass"],
    ["failures at the other replica", [...lookups("dns-timeout", 20, "dnsB"), ...lookups("ok", 20, "dnsA")], "fail"],
    [
      "one more failure at the other replica",
      [...failed, ...spared.slice(1), ...lookups("dns-timeout", 1, "dnsB")],
      "fail",
    ],
    ["one success at that replica", [...failed.slice(1), ...spared, ...lookups("ok", 1, "dnsA")], "fail"],
    [
      "a failure at an unknown replica",
      [...failed, ...spared.slice(1), ...lookups("dns-timeout", 1, "10.9.9.9")],
      "fail",
    ],
    ["one lookup without a replica", [...failed, ...spared.slice(1), ...lookups("ok", 1)], "unknown"],
    ["no lookup with a replica", [...lookups("dns-timeout", 20), ...lookups("ok", 20)], "unknown"],
    [
      "one undecided lookup at that replica",
      [...failed.slice(1), ...spared, ...lookups("unknown", 1, "dnsA")],
      "unknown",
    ],
    ["too small a share", [...lookups("dns-timeout", 4, "dnsA"), ...lookups("ok", 36, "dnsB")], "fail"],
    ["no flow", [], "unknown"],
  ];
  itJudges(half, table);

  it("counts lookups and failures by replica", () => {
    const { replicas, reason } = judge(half, [...failed, ...spared]);
    expect(replicas).to.deep.equal([
      { replica: "dnsA", asked: 20, failed: 20 },
      { replica: "dnsB", asked: 20, failed: 0 },
    ]);
    expect(reason).to.include("failed by replica: dnsA 20 of 20, dnsB 0 of 20");
  });
});

describe("judgePath with a mostly claim", () => {
  const most: Expectation = { symptoms: ["connection-refused", "dns-timeout"], mostly: true };
  const mix = (refused: number, lost: number, ok: number, unknown = 0, other = 0) => [
    ...flows(PATH, "connection-refused", refused),
    ...flows(PATH, "dns-timeout", lost),
    ...flows(PATH, "ok", ok),
    ...flows(PATH, "unknown", unknown),
    ...flows(PATH, "dns-servfail", other),
  ];
  const table: Judged = [
    ["all flows", mix(9, 0, 0), "pass"],
    ["the mix of CoreDNS's loop", mix(6, 2, 1), "pass"],
    ["two symptoms that are the majority only together", mix(2, 2, 3), "pass"],
    ["exactly half", mix(2, 2, 4), "fail"],
    ["no claimed symptom", mix(0, 0, 9), "fail"],
    ["another symptom among the flows", mix(8, 0, 0, 0, 1), "fail"],
    ["an undecided flow that cannot turn a pass", mix(6, 0, 2, 1), "pass"],
    ["undecided flows that may turn a fail", mix(4, 0, 3, 2), "unknown"],
    ["an undecided flow that cannot turn a fail", mix(1, 0, 7, 1), "fail"],
    ["no flow", [], "unknown"],
  ];
  itJudges(most, table);
});

describe("judgePath with a share", () => {
  const half: Expectation = { symptoms: ["dns-wrong-source", "dns-timeout"], share: { part: 0.5, of: 40 } };
  const mix = (hits: number, ok: number, unknown = 0, other = 0) => [
    ...flows(PATH, "dns-wrong-source", Math.ceil(hits / 2)),
    ...flows(PATH, "dns-timeout", Math.floor(hits / 2)),
    ...flows(PATH, "ok", ok),
    ...flows(PATH, "unknown", unknown),
    ...flows(PATH, "dns-servfail", other),
  ];
  const table: Judged = [
    ["exactly half", mix(20, 20), "pass"],
    ["a plausible 11 of 40", mix(11, 29), "pass"],
    ["a plausible 29 of 40", mix(29, 11), "pass"],
    ["8 of 40, which is too few,", mix(8, 32), "fail"],
    ["32 of 40, which is too many,", mix(32, 8), "fail"],
    ["no hit", mix(0, 40), "fail"],
    ["only hits", mix(40, 0), "fail"],
    ["one undecided flow", mix(20, 19, 1), "unknown"],
    ["too few flows", mix(10, 10), "unknown"],
    ["another symptom among the flows", mix(20, 19, 0, 1), "fail"],
    ["another symptom beside an undecided flow", mix(19, 19, 1, 1), "fail"],
    ["no flow", [], "unknown"],
  ];
  itJudges(half, table);
});
