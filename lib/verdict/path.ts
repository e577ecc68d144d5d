import { inWords, isControl, type AddressClaim, type Expectation, type ShareClaim } from "../model/expectation.ts";
import type { Observation } from "../probes/probe.ts";
import type { Judgement, PathResult, ReplicaCount } from "./result.ts";
import type { Symptom } from "../model/symptom.ts";
import { plausibleShare } from "./share.ts";

/** Judges one path: compares the symptoms of its flows with the expectation. Pure. */
export function judgePath(path: string, expected: Expectation, observations: readonly Observation[]): PathResult {
  const symptoms = countSymptoms(observations);
  const replicas = replicasOf(observations);
  const { verdict, reason } = judge(expected, observations, symptoms, replicas);
  return {
    path,
    control: isControl(expected),
    expected: inWords(expected),
    observed: countsInWords(symptoms),
    verdict,
    reason,
    symptoms,
    replicas,
  };
}

function judge(
  expected: Expectation,
  observations: readonly Observation[],
  symptoms: PathResult["symptoms"],
  replicas: readonly ReplicaCount[],
): Judgement {
  if (expected.mostly) return judgeMost(expected, symptoms);
  if (!expected.share) return judgeEach(expected, observations);
  return worseOf(judgeShare(expected, symptoms), judgeReplicas(expected.share, replicas));
}

/** Counts the lookups that met each replica of a Service, and their failures; empty if no flow names a replica. */
function replicasOf(observations: readonly Observation[]): readonly ReplicaCount[] {
  const traced = observations.filter(({ seen, symptom }) => seen.replica !== undefined && symptom !== "unknown");
  return [...Map.groupBy(traced, ({ seen }) => seen.replica ?? "")]
    .map(([replica, met]) => ({
      replica,
      asked: met.length,
      failed: met.filter(({ symptom }) => symptom !== "ok").length,
    }))
    .sort((a, b) => a.replica.localeCompare(b.replica));
}

function judgeReplicas({ replica, of }: ShareClaim, counts: readonly ReplicaCount[]): Judgement {
  if (replica === undefined) return { verdict: "pass", reason: "" };
  const words = counts.map((count) => `${count.replica} ${count.failed} of ${count.asked}`).join(", ");
  const traced = counts.reduce((sum, one) => sum + one.asked, 0);
  if (traced < of)
    return { verdict: "unknown", reason: `only ${traced} of ${of} lookups could be traced to a replica (${words})` };
  const asClaimed = counts.every((count) => count.failed === (count.replica === replica ? count.asked : 0));
  return asClaimed
    ? { verdict: "pass", reason: `failed by replica: ${words}` }
    : { verdict: "fail", reason: `expected exactly the lookups that met ${replica} to fail, failed: ${words}` };
}

const RANK = ["fail", "unknown", "skip", "pass"] as const;

/** Returns the worse of two judgements; of two equal ones, the first with both reasons. */
function worseOf(a: Judgement, b: Judgement): Judgement {
  if (a.verdict === b.verdict)
    return { ...a, reason: [a.reason, b.reason].filter((reason) => reason !== "").join("; ") };
  return RANK.indexOf(a.verdict) < RANK.indexOf(b.verdict) ? a : b;
}

function judgeEach(expected: Expectation, observations: readonly Observation[]): Judgement {
  if (observations.length === 0) return { verdict: "unknown", reason: "not measured" };
  const hasArpFailed =
    expected.symptoms.includes(ARP_FAILED) && observations.some(({ symptom }) => symptom === ARP_FAILED);
  const wrong = observations.find((flow) => {
    const isClaimed = flow.symptom === "unknown" || expected.symptoms.includes(flow.symptom);
    return !isClaimed && !(hasArpFailed && isDroppedByArp(flow));
  });
  if (wrong) return { verdict: "fail", reason: `${wrong.symptom}: ${wrong.detail}` };
  const unclear = observations.find(({ symptom }) => symptom === "unknown");
  if (unclear) return { verdict: "unknown", reason: unclear.detail };
  return expected.addresses
    ? judgeAddresses(expected.addresses, observations)
    : { verdict: "pass", reason: "as expected" };
}

const ARP_FAILED: Symptom = "host-unreachable";
/** ARP gives up after three requests, one second apart. */
const ARP_GIVES_UP_MS = 3000;

/**
 * Returns true if ARP's failure may have dropped this flow without an error. When ARP fails, the kernel reports it to
 * the waiting flows until one of them starts the next resolution; it drops the rest of the queue silently
 * (neigh_invalidate in net/core/neighbour.c), possibly several times in a row. Beside a flow with the error, a silent
 * flow that waited longer than ARP shows the same failure.
 */
function isDroppedByArp({ symptom, durationMs, early }: Observation): boolean {
  return symptom === "connect-timeout" && early === undefined && durationMs > ARP_GIVES_UP_MS;
}

function judgeAddresses(claim: AddressClaim, observations: readonly Observation[]): Judgement {
  for (const { seen } of observations) {
    if (!seen.client || !seen.source || !seen.local || !seen.remote) {
      return { verdict: "unknown", reason: "the far end did not say which addresses it saw" };
    }
    const kept = seen.client === seen.source;
    const holds = {
      untranslated: kept && seen.local === seen.remote,
      dnat: kept && seen.local !== seen.remote,
      "this-pod": kept && seen.client === seen.local,
    }[claim];
    const flow = `${seen.source} → ${seen.remote}, server saw ${seen.client} → ${seen.local}`;
    if (!holds) return { verdict: "fail", reason: `not ${claim}: client dialled ${flow}` };
  }
  return { verdict: "pass", reason: "symptom and addresses as expected" };
}

/** Counts the flows with a claimed symptom (`hits`), those with it or ok (`known`), and looks for any other symptom. */
function countHits(expected: Expectation, symptoms: PathResult["symptoms"]) {
  const hits = expected.symptoms.reduce((sum, symptom) => sum + (symptoms[symptom] ?? 0), 0);
  const known = hits + (symptoms.ok ?? 0);
  const total = Object.values(symptoms).reduce((sum, count) => sum + count, 0);
  const unknown = symptoms.unknown ?? 0;
  return { hits, known, total, unknown, hasOther: total - known - unknown > 0 };
}

const OTHER_SYMPTOM: Judgement = { verdict: "fail", reason: "a symptom other than the claimed ones and ok" };

/** Judges by the majority. Undecided flows make it unknown only if they could turn the majority. */
function judgeMost(expected: Expectation, symptoms: PathResult["symptoms"]): Judgement {
  const { hits, total, unknown, hasOther } = countHits(expected, symptoms);
  if (hasOther) return OTHER_SYMPTOM;
  if (total === 0) return { verdict: "unknown", reason: "not measured" };
  if (hits > total / 2) return { verdict: "pass", reason: `${hits} of ${total}` };
  const verdict = hits + unknown > total / 2 ? "unknown" : "fail";
  return { verdict, reason: `only ${hits} of ${total}${unknown > 0 ? `, ${unknown} undecided` : ""}` };
}

function judgeShare(expected: Expectation, symptoms: PathResult["symptoms"]): Judgement {
  const { part, of } = expected.share ?? { part: 1, of: 0 };
  const { hits, known, total, unknown, hasOther } = countHits(expected, symptoms);
  if (hasOther) return OTHER_SYMPTOM;
  if (total < of || unknown > 0) return { verdict: "unknown", reason: `only ${known} of ${of} flows were decided` };
  const [low, high] = plausibleShare(hits, known);
  const range = `${hits} of ${known}: between ${percent(low)} and ${percent(high)}`;
  return low <= part && part <= high
    ? { verdict: "pass", reason: range }
    : { verdict: "fail", reason: `${range}, not ${percent(part)}` };
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** Counts the flows with each symptom, the most common symptom first. Pure. */
export function countSymptoms(observations: readonly Observation[]): Readonly<Partial<Record<Symptom, number>>> {
  const counts = new Map<Symptom, number>();
  for (const { symptom } of observations) counts.set(symptom, (counts.get(symptom) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function countsInWords(symptoms: PathResult["symptoms"]): string {
  const words = Object.entries(symptoms).map(([symptom, count]) => `${symptom} ×${count}`);
  return words.length === 0 ? "not measured" : words.join(", ");
}
