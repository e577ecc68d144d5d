/**
 * The zod schema of report.json, from which docs/report.schema.json is generated. It follows lib/verdict/result.ts:
 * this file does not compile if the two differ.
 */
import { z } from "zod";
import type { Run } from "../lib/verdict/result.ts";
import type { Symptom } from "../lib/model/symptom.ts";

const durationMs = z.number().nonnegative();
const durationMsOrNull = durationMs.nullable();
const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const verdict = z
  .enum(["pass", "fail", "unknown", "skip"])
  .describe("unknown: the run could not decide; never read it as pass");
const stage = z.enum(["setup", "node-image", "cluster", "cni", "roles", "ready", "peers", "suites", "delete"]);
const cellId = z
  .string()
  .describe("cni@version/kube-proxy mode/Kubernetes version/IP family, and the kernel if it is not the host's");

// Repeats lib/model/symptom.ts, because reports import only types from lib. `satisfies` and schemaAgrees keep both
// equal.
const symptom = z.enum([
  "ok",
  "connect-timeout",
  "connection-refused",
  "connection-reset",
  "host-unreachable",
  "network-unreachable",
  "port-unreachable",
  "stall",
  "http-error",
  "wrong-server",
  "dns-timeout",
  "dns-wrong-source",
  "dns-servfail",
  "dns-nxdomain",
  "dns-refused",
  "slow",
  "loss",
  "unknown",
] satisfies readonly Symptom[]);

const cellResult = z.object({
  cell: cellId,
  parts: z.object({
    cni: z.string(),
    cniVersion: z.string(),
    proxyMode: z.enum(["iptables", "ipvs", "ipvs-sh", "nftables", "none"]),
    kubernetesVersion: z.string(),
    ipFamily: z.enum(["ipv4", "ipv6", "dual"]),
    kernel: z.string().optional().describe("kernel of a virtual machine; absent for the host's"),
  }),
  stages: z.array(z.object({ stage, durationMs, detail: z.string() })),
  failure: z.object({ stage, message: z.string() }).nullable().describe("why the cell never got to its suites"),
  tainted: z
    .array(
      z.object({
        node: z.enum(["A", "B", "C", "control-plane"]),
        container: z.string().nullable(),
        scenario: z.string(),
        why: z.string(),
      }),
    )
    .describe("nodes that did not come back: a fault was not undone, or the state differs; exit 5"),
  clusters: z
    .array(z.object({ name: z.string(), replacedBecause: z.string().nullable() }))
    .describe("clusters that the cell ran on: a replacement for each tainted one, with the taint"),
});

const pathResult = z.object({
  path: z.string().describe("from role → to role by way, symbols only"),
  control: z.boolean().describe("the claim is that the fault leaves this path ok"),
  expected: z.string(),
  observed: z.string(),
  verdict,
  reason: z.string(),
  symptoms: z.partialRecord(symptom, count).describe("how many probes showed each symptom"),
  replicas: z
    .array(z.object({ replica: z.string(), asked: count, failed: count }))
    .describe("lookups and failures of each replica of a Service"),
});

const scenarioResult = z.object({
  scenario: z.string().describe("the suite's path without its extension"),
  title: z.string(),
  claim: z.string(),
  cell: cellId,
  cluster: z.string().nullable().describe("the cluster it ran on; null if it never ran"),
  mode: z.enum(["as-claimed", "no-fault", "wrong-node", "swapped"]),
  verdict,
  reason: z.string(),
  skipCode: z
    .enum(["cell", "two-node-cluster", "two-node-lane", "no-mutant"])
    .nullable()
    .describe("why it was skipped; null if it was not skipped, or the log does not say"),
  faults: z.array(z.string()),
  documented: z.array(z.string()),
  paths: z.array(pathResult),
  leftOut: z
    .array(z.object({ path: z.string(), reason: z.string() }))
    .describe("paths of the suite without a claim in this cell, each with the reason"),
  times: z
    .object({
      steadyMs: durationMsOrNull,
      injectMs: durationMsOrNull,
      proveMs: durationMsOrNull,
      healMs: durationMsOrNull,
      recoveryMs: durationMsOrNull,
      totalMs: durationMs,
    })
    .describe("null for a part that did not happen"),
  nodeStateDifferences: z.array(z.string()),
  evidence: z.string().nullable().describe("folder of its captures and node states, relative to the cell's folder"),
  explanations: z
    .array(
      z.object({
        cause: z.string(),
        paths: z.array(z.string()),
        confidence: z.enum(["proven", "likely", "found-nothing"]),
        evidence: z.array(z.string()),
        fix: z.string().nullable(),
        more: z.string().nullable(),
      }),
    )
    .describe("causes of the symptoms, the likeliest first"),
  tries: z
    .array(z.object({ repeat: count, attempt: count, verdict, reason: z.string() }))
    .describe("every run of the scenario: retries after a fail, and requested repeats"),
  rate: z
    .object({ passed: count, decided: count, unknown: count, low: share, high: share })
    .nullable()
    .describe("how often it passed, with the 95 % interval of that share; null unless repeats were requested"),
  flaky: z.boolean().describe("it passed in one try and failed in another; its verdict is unknown"),
  reproduce: z.string().describe("the command that runs just this scenario again"),
});

/** report.json, version 1. Fields may be added within a version; none is renamed, removed or given another meaning. */
export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  startedAt: z.string().describe("RFC 3339"),
  durationMs,
  command: z.array(z.string()).describe("the argv that repeats the run"),
  facts: z.record(z.string(), z.string()).describe("versions and host facts"),
  summary: z.object({ pass: count, fail: count, unknown: count, skip: count }),
  flaky: count.describe("how many of the unknown results passed in one try and failed in another"),
  cells: z.array(cellResult),
  results: z.array(scenarioResult),
});

/**
 * Returns the JSON Schema of docs/report.schema.json. Its objects are open: a reader of version 1 accepts added
 * fields.
 */
export function reportJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(reportSchema, { target: "draft-7", io: "input" });
  return { $schema, $id: "urn:faultline:report:1", title: "Faultline report.json, schemaVersion 1", ...rest };
}

type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
// The compiler compares two deferred conditional types exactly, including optional fields.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;

/** Compiles only if the schema and lib/verdict/result.ts agree, apart from `readonly`. */
export const schemaAgrees: Same<Flat<z.output<typeof reportSchema>>, Flat<Writable<Run>>> = true;
