import { expect } from "chai";
import type { Observation } from "../../../../lib/probes/probe.ts";
import { believable, type Strain } from "../../../../lib/probes/strain.ts";

const AT_EASE: Strain = { worstGapMs: 7, waitedMs: 20 };

function one(symptom: Observation["symptom"], durationMs: number, more: Partial<Observation> = {}): Observation {
  const raw = { exitCode: 0, stdout: "", stderr: "" };
  const base = { id: "a#0", path: "a", tool: "curl", detail: "", startedAtMs: 0, seen: {}, raw } as const;
  return { ...base, symptom, durationMs, ...more };
}

const dig = (symptom: Observation["symptom"], durationMs: number) => one(symptom, durationMs, { tool: "dig" });
const slow = (slowClassS: number) => one("slow", slowClassS * 1000, { seen: { slowClassS } });
const early = (afterMs: number) =>
  one("connect-timeout", afterMs + 100, { early: { afterMs, resent: 1, conntrack: "" } });

/** Returns the first observation's symptom after `believable`. */
function believed(strain: Strain, first: Observation, ...others: readonly Observation[]): string {
  return believable([first, ...others], strain)[0]?.symptom ?? "";
}

describe("believable", () => {
  const silences = [early(1300), one("connect-timeout", 4500), one("stall", 1500), dig("dns-timeout", 2000), slow(3)];

  it("changes nothing on an idle node", () => {
    expect(believable(silences, AT_EASE)).to.deep.equal(silences);
    expect(believable(silences, { worstGapMs: 0, waitedMs: null })).to.deep.equal(silences);
  });

  it("makes silence unknown if the prober was cut off or stood still", () => {
    for (const worstGapMs of [null, 1001]) {
      const symptoms = believable(silences, { worstGapMs, waitedMs: 0 }).map(({ symptom }) => symptom);
      expect(new Set(symptoms)).to.deep.equal(new Set(["unknown"]));
    }
  });

  it("compares a standstill with the length of the silence", () => {
    const strain = { worstGapMs: 651, waitedMs: 0 };
    expect(believed(strain, early(1300))).to.equal("unknown");
    expect(believed(strain, early(1310))).to.equal("connect-timeout");
    expect(believed({ worstGapMs: 1000, waitedMs: 0 }, one("connect-timeout", 4500))).to.equal("connect-timeout");
  });

  it("keeps a response of the far end on any machine", () => {
    for (const symptom of ["ok", "connection-refused", "connection-reset", "wrong-server", "dns-servfail"] as const)
      expect(believed({ worstGapMs: null, waitedMs: 9000 }, one(symptom, 900))).to.equal(symptom);
  });

  it("keeps a connect-timeout even if processes waited, because the kernel retransmits SYNs", () => {
    expect(believed({ worstGapMs: 90, waitedMs: 1300 }, early(1300))).to.equal("connect-timeout");
    expect(believed({ worstGapMs: 90, waitedMs: 2500 }, one("loss", 2400, { tool: "ping" }))).to.equal("loss");
  });

  it("makes a server's silence unknown if processes waited, unless every answer came sooner", () => {
    const strain = { worstGapMs: 90, waitedMs: 1000 };
    const silent = dig("dns-timeout", 2000);
    expect(believed(strain, silent)).to.equal("unknown");
    expect(believed(strain, silent, one("ok", 20, { tool: "ping" }))).to.equal("unknown");
    expect(believed(strain, silent, dig("ok", 20), one("ok", 1001))).to.equal("unknown");
    expect(believed(strain, silent, dig("ok", 20))).to.equal("dns-timeout");
    expect(believed(strain, silent, one("ok", 1000))).to.equal("dns-timeout");
    expect(believed({ ...strain, waitedMs: 999 }, silent)).to.equal("dns-timeout");
  });

  it("makes slow unknown only if waiting for a CPU explains the delay", () => {
    expect(believed({ worstGapMs: 90, waitedMs: 500 }, slow(1), one("ok", 5))).to.equal("unknown");
    expect(believed({ worstGapMs: 90, waitedMs: 499 }, slow(1))).to.equal("slow");
    expect(believed({ worstGapMs: 90, waitedMs: 1200 }, slow(5))).to.equal("slow");
  });

  it("gives the reason", () => {
    const [doubted] = believable([dig("dns-timeout", 2000)], { worstGapMs: 90, waitedMs: 1700 });
    expect(doubted?.detail).to.equal("processes waited 1700 ms for a CPU, which may look like dns-timeout");
  });
});
