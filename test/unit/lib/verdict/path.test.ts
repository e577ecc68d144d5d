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

/** A test a line. */
function itJudges(expected: Expectation, table: Judged): void {
  for (const [name, observed, verdict] of table) {
    it(`${name}: ${verdict}`, () => {
      expect(judge(expected, observed).verdict).to.equal(verdict);
    });
  }
}

describe("judgePath: every flow", () => {
  const timeout: Expectation = { symptoms: ["connect-timeout"] };
  const either: Expectation = { symptoms: ["dns-timeout", "dns-wrong-source"] };
  const table: readonly (readonly [string, Expectation, readonly Observation[], Verdict])[] = [
    ["all as expected", timeout, flows(PATH, "connect-timeout", 3), "pass"],
    ["nothing measured", timeout, [], "unknown"],
    ["one of three differs", timeout, [...flows(PATH, "connect-timeout", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["a refusal for a time-out", timeout, flows(PATH, "connection-refused", 3), "fail"],
    ["one unknown", timeout, [...flows(PATH, "connect-timeout", 2), ...flows(PATH, "unknown", 1)], "unknown"],
    ["all unknown", timeout, flows(PATH, "unknown", 3), "unknown"],
    ["unknown first, then a wrong one", timeout, [...flows(PATH, "unknown", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["a wrong one first, then unknown", timeout, [...flows(PATH, "ok", 1), ...flows(PATH, "unknown", 2)], "fail"],
    ["another server answers where ok is claimed", { symptoms: ["ok"] }, flows(PATH, "wrong-server", 3), "fail"],
    ["either of two", either, [...flows(PATH, "dns-timeout", 1), ...flows(PATH, "dns-wrong-source", 2)], "pass"],
    ["a third beside either of two", either, [...flows(PATH, "dns-timeout", 2), ...flows(PATH, "ok", 1)], "fail"],
    ["unknown is never what was claimed", { symptoms: ["unknown"] }, flows(PATH, "unknown", 3), "unknown"],
  ];
  for (const [name, expected, observations, verdict] of table) {
    it(`${name}: ${verdict}`, () => {
      expect(judge(expected, observations)).to.include({ path: PATH, verdict });
    });
  }

  it("takes a flow that ARP's failure passed by for one of those that were told, and no other", () => {
    const claimed: Expectation = { symptoms: ["host-unreachable"] };
    const told = flows(PATH, "host-unreachable", 1);
    const silent = (durationMs: number) => flows(PATH, "connect-timeout", 2).map((one) => ({ ...one, durationMs }));
    expect(judge(claimed, [...told, ...silent(10_800)]).verdict).to.equal("pass");
    expect(judge(claimed, [...told, ...silent(2900)]).verdict).to.equal("fail");
    expect(judge(claimed, silent(10_800)).verdict).to.equal("fail");
    expect(judge(timeout, [...told, ...silent(10_800)]).verdict).to.equal("fail");
    const early = { afterMs: 3200, resent: 3, conntrack: "" };
    expect(judge(claimed, [...told, ...silent(3300).map((one) => ({ ...one, early }))]).verdict).to.equal("fail");
  });

  it("passes only what was claimed, whatever is seen", () => {
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

  it("says what was seen in words, counted, the commonest first", () => {
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

describe("judgePath: addresses", () => {
  type Claim = NonNullable<Expectation["addresses"]>;
  const masqueraded: Seen = { ...SEEN.untranslated, client: "172.18.0.2" };
  const table: readonly (readonly [string, Claim, Seen, Verdict])[] = [
    ["kept, at the address dialled", "untranslated", SEEN.untranslated, "pass"],
    ["translated", "untranslated", SEEN.dnat, "fail"],
    ["masqueraded", "untranslated", masqueraded, "fail"],
    ["translated to an endpoint", "dnat", SEEN.dnat, "pass"],
    ["not translated", "dnat", SEEN.untranslated, "fail"],
    ["translated, and the client's address too", "dnat", { ...SEEN.dnat, client: "172.18.0.2" }, "fail"],
    ["one address at both ends", "this-pod", SEEN["this-pod"], "pass"],
    ["another pod", "this-pod", SEEN.untranslated, "fail"],
    ["the pod itself, by way of its Service", "this-pod", { ...SEEN.dnat, client: "10.244.1.9" }, "fail"],
  ];
  for (const [name, addresses, seen, verdict] of table) {
    it(`${addresses}, ${name}: ${verdict}`, () => {
      expect(judge({ symptoms: ["ok"], addresses }, flows(PATH, "ok", 3, seen)).verdict).to.equal(verdict);
    });
  }

  for (const field of ["client", "source", "local", "remote"] as const) {
    it(`is unknown when nobody said ${field}`, () => {
      const rest: Seen = Object.fromEntries(Object.entries(SEEN.dnat).filter(([name]) => name !== field));
      const expected: Expectation = { symptoms: ["ok"], addresses: "dnat" };
      expect(judge(expected, flows(PATH, "ok", 3, rest)).verdict).to.equal("unknown");
    });
  }

  it("looks at every flow, not at the first alone", () => {
    const observed = [...flows(PATH, "ok", 2, SEEN.dnat), ...flows(PATH, "ok", 1, SEEN.untranslated)];
    expect(judge({ symptoms: ["ok"], addresses: "dnat" }, observed).verdict).to.equal("fail");
  });

  it("is no help to a wrong symptom", () => {
    const observed = flows(PATH, "wrong-server", 3, SEEN.dnat);
    expect(judge({ symptoms: ["ok"], addresses: "dnat" }, observed).verdict).to.equal("fail");
  });
});

describe("judgePath: a share that meets one replica", () => {
  const half: Expectation = { symptoms: ["dns-timeout"], share: { part: 0.5, of: 40, replica: "dnsA" } };
  const lookups = (symptom: Symptom, count: number, replica?: string) =>
    flows(PATH, symptom, count, replica === undefined ? {} : { replica });
  const [failed, spared] = [lookups("dns-timeout", 20, "dnsA"), lookups("ok", 20, "dnsB")];
  const table: Judged = [
    ["just those fail", [...failed, ...spared], "pass"],
    ["the other replica's fail", [...lookups("dns-timeout", 20, "dnsB"), ...lookups("ok", 20, "dnsA")], "fail"],
    ["one of the other's fails too", [...failed, ...spared.slice(1), ...lookups("dns-timeout", 1, "dnsB")], "fail"],
    ["one of its own does not fail", [...failed.slice(1), ...spared, ...lookups("ok", 1, "dnsA")], "fail"],
    ["a stranger's fails", [...failed, ...spared.slice(1), ...lookups("dns-timeout", 1, "10.9.9.9")], "fail"],
    ["one could not be traced", [...failed, ...spared.slice(1), ...lookups("ok", 1)], "unknown"],
    ["none could be traced", [...lookups("dns-timeout", 20), ...lookups("ok", 20)], "unknown"],
    ["one of its own could not be told", [...failed.slice(1), ...spared, ...lookups("unknown", 1, "dnsA")], "unknown"],
    ["the share is too small", [...lookups("dns-timeout", 4, "dnsA"), ...lookups("ok", 36, "dnsB")], "fail"],
    ["nothing measured", [], "unknown"],
  ];
  itJudges(half, table);

  it("counts by replica", () => {
    const { replicas, reason } = judge(half, [...failed, ...spared]);
    expect(replicas).to.deep.equal([
      { replica: "dnsA", asked: 20, failed: 20 },
      { replica: "dnsB", asked: 20, failed: 0 },
    ]);
    expect(reason).to.include("failed by replica: dnsA 20 of 20, dnsB 0 of 20");
  });
});

describe("judgePath: mostly", () => {
  const most: Expectation = { symptoms: ["connection-refused", "dns-timeout"], mostly: true };
  const mix = (refused: number, lost: number, ok: number, unknown = 0, other = 0) => [
    ...flows(PATH, "connection-refused", refused),
    ...flows(PATH, "dns-timeout", lost),
    ...flows(PATH, "ok", ok),
    ...flows(PATH, "unknown", unknown),
    ...flows(PATH, "dns-servfail", other),
  ];
  const table: Judged = [
    ["all of them", mix(9, 0, 0), "pass"],
    ["what was seen of CoreDNS's loop", mix(6, 2, 1), "pass"],
    ["two symptoms that only together are the majority", mix(2, 2, 3), "pass"],
    ["half", mix(2, 2, 4), "fail"],
    ["none", mix(0, 0, 9), "fail"],
    ["another symptom among them", mix(8, 0, 0, 0, 1), "fail"],
    ["what could not be told would not turn it", mix(6, 0, 2, 1), "pass"],
    ["what could not be told might turn it", mix(4, 0, 3, 2), "unknown"],
    ["what could not be told is too little to turn it", mix(1, 0, 7, 1), "fail"],
    ["nothing measured", [], "unknown"],
  ];
  itJudges(most, table);
});

describe("judgePath: a share", () => {
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
    ["11 of 40, still plausible", mix(11, 29), "pass"],
    ["29 of 40, still plausible", mix(29, 11), "pass"],
    ["8 of 40, too few", mix(8, 32), "fail"],
    ["32 of 40, too many", mix(32, 8), "fail"],
    ["none", mix(0, 40), "fail"],
    ["all", mix(40, 0), "fail"],
    ["one that could not be told", mix(20, 19, 1), "unknown"],
    ["too few flows", mix(10, 10), "unknown"],
    ["another symptom among them", mix(20, 19, 0, 1), "fail"],
    ["another symptom outranks what could not be told", mix(19, 19, 1, 1), "fail"],
    ["nothing measured", [], "unknown"],
  ];
  itJudges(half, table);
});
