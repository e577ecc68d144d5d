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

/** The first observation's symptom after the round was held against the node's strain. */
function believed(strain: Strain, first: Observation, ...others: readonly Observation[]): string {
  return believable([first, ...others], strain)[0]?.symptom ?? "";
}

describe("believable", () => {
  const silences = [early(1300), one("connect-timeout", 4500), one("stall", 1500), dig("dns-timeout", 2000), slow(3)];

  it("takes everything as it is on a node at ease", () => {
    expect(believable(silences, AT_EASE)).to.deep.equal(silences);
    expect(believable(silences, { worstGapMs: 0, waitedMs: null })).to.deep.equal(silences);
  });

  it("takes no silence for an answer from a prober that was cut off or stood still", () => {
    for (const worstGapMs of [null, 1001]) {
      const symptoms = believable(silences, { worstGapMs, waitedMs: 0 }).map(({ symptom }) => symptom);
      expect(new Set(symptoms)).to.deep.equal(new Set(["unknown"]));
    }
  });

  it("holds a standstill against a silence by how long that was", () => {
    const strain = { worstGapMs: 651, waitedMs: 0 };
    expect(believed(strain, early(1300))).to.equal("unknown");
    expect(believed(strain, early(1310))).to.equal("connect-timeout");
    expect(believed({ worstGapMs: 1000, waitedMs: 0 }, one("connect-timeout", 4500))).to.equal("connect-timeout");
  });

  it("believes what the far end said, whatever the machine did", () => {
    for (const symptom of ["ok", "connection-refused", "connection-reset", "wrong-server", "dns-servfail"] as const)
      expect(believed({ worstGapMs: null, waitedMs: 9000 }, one(symptom, 900))).to.equal(symptom);
  });

  it("needs no process to get its turn for a SYN that the kernel sent twice", () => {
    expect(believed({ worstGapMs: 90, waitedMs: 1300 }, early(1300))).to.equal("connect-timeout");
    expect(believed({ worstGapMs: 90, waitedMs: 2500 }, one("loss", 2400, { tool: "ping" }))).to.equal("loss");
  });

  it("doubts a server's silence where processes waited, unless all that was answered meanwhile was answered sooner", () => {
    const strain = { worstGapMs: 90, waitedMs: 1000 };
    const silent = dig("dns-timeout", 2000);
    expect(believed(strain, silent)).to.equal("unknown");
    expect(believed(strain, silent, one("ok", 20, { tool: "ping" }))).to.equal("unknown");
    expect(believed(strain, silent, dig("ok", 20), one("ok", 1001))).to.equal("unknown");
    expect(believed(strain, silent, dig("ok", 20))).to.equal("dns-timeout");
    expect(believed(strain, silent, one("ok", 1000))).to.equal("dns-timeout");
    expect(believed({ ...strain, waitedMs: 999 }, silent)).to.equal("dns-timeout");
  });

  it("doubts a delay that waiting for a CPU could have made, and not one that it could not", () => {
    expect(believed({ worstGapMs: 90, waitedMs: 500 }, slow(1), one("ok", 5))).to.equal("unknown");
    expect(believed({ worstGapMs: 90, waitedMs: 499 }, slow(1))).to.equal("slow");
    expect(believed({ worstGapMs: 90, waitedMs: 1200 }, slow(5))).to.equal("slow");
  });

  it("says why", () => {
    const [told] = believable([dig("dns-timeout", 2000)], { worstGapMs: 90, waitedMs: 1700 });
    expect(told?.detail).to.equal("processes waited 1700 ms for a CPU: dns-timeout cannot be told from that");
  });
});
