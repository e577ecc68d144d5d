import { inWords, type AddressClaim, type Expectation, type ShareClaim } from "../model/expectation.ts";
import type { Observation } from "../probes/probe.ts";
import type { PathResult, ReplicaCount } from "./result.ts";
import type { Verdict } from "../model/verdict.ts";
import type { Symptom } from "../model/symptom.ts";
import { plausibleShare } from "./share.ts";

/** Judges one path: what its flows showed against what was expected. Pure. */
export function judgePath(path: string, expected: Expectation, observations: readonly Observation[]): PathResult {
  const symptoms = countSymptoms(observations);
  const replicas = replicasOf(observations);
  const { verdict, reason } = judge(expected, observations, symptoms, replicas);
  return { path, expected: inWords(expected), observed: countsInWords(symptoms), verdict, reason, symptoms, replicas };
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

/** How many lookups met each replica of a Service, and how many of those failed; empty where nobody asked. */
function replicasOf(observations: readonly Observation[]): readonly ReplicaCount[] {
  const told = observations.filter((one) => one.seen.replica !== undefined && one.symptom !== "unknown");
  return [...Map.groupBy(told, (one) => one.seen.replica ?? "")]
    .map(([replica, met]) => ({ replica, asked: met.length, failed: met.filter((one) => one.symptom !== "ok").length }))
    .sort((a, b) => a.replica.localeCompare(b.replica));
}

function judgeReplicas({ replica, of }: ShareClaim, counts: readonly ReplicaCount[]): Judgement {
  if (replica === undefined) return { verdict: "pass", reason: "" };
  const words = counts.map((one) => `${one.replica} ${one.failed} of ${one.asked}`).join(", ");
  const told = counts.reduce((sum, one) => sum + one.asked, 0);
  if (told < of)
    return { verdict: "unknown", reason: `of ${of} lookups only ${told} could be traced to a replica (${words})` };
  const asClaimed = counts.every((one) => one.failed === (one.replica === replica ? one.asked : 0));
  return asClaimed
    ? { verdict: "pass", reason: `failed by replica: ${words}` }
    : { verdict: "fail", reason: `not just those that met ${replica} failed: ${words}` };
}

const RANK = ["fail", "unknown", "skip", "pass"] as const;

/** The worse of two; where both are as good, both reasons. */
function worseOf(a: Judgement, b: Judgement): Judgement {
  if (a.verdict === b.verdict) return { ...a, reason: [a.reason, b.reason].filter((one) => one !== "").join("; ") };
  return RANK.indexOf(a.verdict) < RANK.indexOf(b.verdict) ? a : b;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

function judgeEach(expected: Expectation, observations: readonly Observation[]): Judgement {
  if (observations.length === 0) return { verdict: "unknown", reason: "not measured" };
  const isTold = expected.symptoms.includes(ARP_FAILED) && observations.some(({ symptom }) => symptom === ARP_FAILED);
  const wrong = observations.find((one) => {
    const isClaimed = one.symptom === "unknown" || expected.symptoms.includes(one.symptom);
    return !isClaimed && !(isTold && isLeftSilent(one));
  });
  if (wrong) return { verdict: "fail", reason: `${wrong.symptom}: ${wrong.detail}` };
  const unclear = observations.find((one) => one.symptom === "unknown");
  if (unclear) return { verdict: "unknown", reason: unclear.detail };
  return expected.addresses
    ? judgeAddresses(expected.addresses, observations)
    : { verdict: "pass", reason: "as expected" };
}

const ARP_FAILED: Symptom = "host-unreachable";
/** ARP gives up after three requests, a second apart. */
const ARP_GIVES_UP_MS = 3000;

/**
 * When ARP fails the kernel tells the waiting flows until one of them begins the next resolution; the rest of the queue is dropped without a word (neigh_invalidate in
 * net/core/neighbour.c), once or several times in a row. So beside a flow that was told, one that waited longer than that in silence is of the same failure.
 */
function isLeftSilent({ symptom, durationMs, early }: Observation): boolean {
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
  return { verdict: "pass", reason: "as expected, addresses too" };
}

/** Of flows that may be ok as well as show what is claimed: how many did, and whether some showed anything else. */
function countHits(expected: Expectation, symptoms: PathResult["symptoms"]) {
  const hits = expected.symptoms.reduce((sum, symptom) => sum + (symptoms[symptom] ?? 0), 0);
  const known = hits + (symptoms.ok ?? 0);
  const total = Object.values(symptoms).reduce((sum, count) => sum + count, 0);
  const unknown = symptoms.unknown ?? 0;
  return { hits, known, total, unknown, hasOther: total - known - unknown > 0 };
}

const OTHER_SYMPTOM: Judgement = { verdict: "fail", reason: "a symptom beside the claimed ones and ok" };

/** What could not be told decides nothing, unless it could not have turned the majority. */
function judgeMost(expected: Expectation, symptoms: PathResult["symptoms"]): Judgement {
  const { hits, total, unknown, hasOther } = countHits(expected, symptoms);
  if (hasOther) return OTHER_SYMPTOM;
  if (total === 0) return { verdict: "unknown", reason: "not measured" };
  if (hits > total / 2) return { verdict: "pass", reason: `${hits} of ${total}` };
  const verdict = hits + unknown > total / 2 ? "unknown" : "fail";
  return { verdict, reason: `only ${hits} of ${total}${unknown > 0 ? `, ${unknown} could not be told` : ""}` };
}

function judgeShare(expected: Expectation, symptoms: PathResult["symptoms"]): Judgement {
  const { part, of } = expected.share ?? { part: 1, of: 0 };
  const { hits, known, total, unknown, hasOther } = countHits(expected, symptoms);
  if (hasOther) return OTHER_SYMPTOM;
  if (total < of || unknown > 0) return { verdict: "unknown", reason: `${known} of ${of} flows could be told` };
  const [low, high] = plausibleShare(hits, known);
  const range = `${hits} of ${known}: between ${percent(low)} and ${percent(high)}`;
  return low <= part && part <= high
    ? { verdict: "pass", reason: range }
    : { verdict: "fail", reason: `${range}, not ${percent(part)}` };
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** How often each symptom was seen, the commonest first. */
export function countSymptoms(observations: readonly Observation[]): Readonly<Partial<Record<Symptom, number>>> {
  const counts = new Map<Symptom, number>();
  for (const { symptom } of observations) counts.set(symptom, (counts.get(symptom) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function countsInWords(symptoms: PathResult["symptoms"]): string {
  const words = Object.entries(symptoms).map(([symptom, count]) => `${symptom} ×${count}`);
  return words.length === 0 ? "not measured" : words.join(", ");
}
