import { probeRound } from "../../lib/probes/round.ts";
import type { CurlAttempt } from "../../lib/probes/probe.ts";
import type { Cluster } from "../../lib/model/cluster.ts";
import { onceEach } from "../../lib/engine/measure.ts";
import { steadily } from "../../lib/engine/steady.ts";
import type { Exec } from "../../lib/host/exec.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { familiesOf, type Family } from "../../lib/model/cell.ts";
import { droppedPackets } from "../ownership/closing-rule.ts";
import { UNUSED_SERVICE_IPS } from "../addressing/subnets.ts";

/** Paths over every part that scenarios rely on; all must be ok three times in a row. */
const BASELINE = [
  "same → server by podIP",
  "same → server by ClusterIP",
  "other → server by podIP",
  "other → server by ClusterIP",
  "other → server by Service name",
  "hostA → server by podIP",
  "hostB → server by podIP",
  "same → dns by ClusterIP",
  "other → dns by ClusterIP",
  "same → dnsA by podIP",
  "same → dnsB by podIP",
  "outside → server by NodePort",
] as const;

/** More paths for a cluster with a third node. */
const BASELINE_OF_THIRD = [
  "third → server by podIP",
  "third → server by ClusterIP",
  "third → dns by ClusterIP",
  "other → third by podIP",
  "hostC → server by podIP",
] as const;

/**
 * Waits until the baseline paths are ok and returns a summary. Throws UndecidedError with the path that failed last.
 */
export async function untilBaselineHolds(cluster: Cluster, withinMs: number, signal?: AbortSignal): Promise<string> {
  const paths = cluster.record.containers.C === undefined ? BASELINE : [...BASELINE, ...BASELINE_OF_THIRD];
  const plan = onceEach(paths);
  const budget = { withinMs, inARow: 3, ...(signal ? { signal } : {}) };
  let rounds = 0;
  const result = await steadily(cluster, await cluster.locate(), plan, budget, () => (rounds += 1));
  if (result.ok) return `${paths.length} paths ok, 3 times in a row, after ${rounds} rounds`;
  throw new UndecidedError(
    `cluster ${cluster.record.name} is not healthy: ${result.last}`,
    "look at it with --keep failure",
  );
}

/**
 * Proves for each IP family of the cluster's network (IPv4 always) that no packet leaves it, and returns a summary. A
 * connection from `outside`, which no kube-proxy serves, to an unused Service address must get no answer while our own
 * rule counts its packets. Call it only after the rules have been read back.
 */
export async function proveClosed(cluster: Cluster, host: Exec): Promise<string> {
  const families = [...new Set<Family>(["IPv4", ...familiesOf(cluster.record.cell)])];
  const proofs: string[] = [];
  for (const family of families) proofs.push(`${family} ${await proveFamilyClosed(cluster, family, host)}`);
  return `closed: ${proofs.join(", ")}`;
}

async function proveFamilyClosed(cluster: Cluster, family: Family, host: Exec): Promise<string> {
  const { name } = cluster.record;
  const [address, number] = [UNUSED_SERVICE_IPS[family], family === "IPv4" ? 4 : 6] as const;
  const before = await droppedPackets(name, number, host);
  const attempt: CurlAttempt = {
    id: "closed#0",
    path: "outside → an unused Service address",
    netnsPid: 1,
    tool: "curl",
    url: `http://${family === "IPv4" ? address : `[${address}]`}/`,
    connectTimeoutMs: 1200,
    totalTimeoutMs: 2000,
  };
  const { observations } = await probeRound(cluster.exec("outside"), [attempt], { timeScale: cluster.timeScale });
  const dropped = (await droppedPackets(name, number, host)) - before;
  const symptom = observations[0]?.symptom ?? "unknown";
  if (symptom === "connect-timeout" && dropped > 0) return `no answer, ${dropped} packets dropped by our rule`;
  throw new UndecidedError(
    `network ${name} is not proven closed: ${address} gave ${symptom} (${observations[0]?.detail}), ` +
      `our rule dropped ${dropped}`,
    "look at the host's DOCKER-USER chain, or at ip6tables' mangle FORWARD: another rule may precede ours",
  );
}
