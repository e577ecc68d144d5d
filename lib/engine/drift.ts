import { readFileSync } from "node:fs";
import { mustExec } from "../host/exec.ts";
import type { NodeRole } from "../model/nodes.ts";
import { sleep } from "./steady.ts";
import type { InjectedFault } from "../faults/run/inject.ts";
import type { Say, ScenarioContext } from "./scenario-context.ts";

/** Constant: nothing is put into it. */
export const AGENT_LOG = readFileSync(new URL("agent-log.sh", import.meta.url), "utf8");
/** What becomes part of a pattern of files on the node. */
const CNI = /^[a-z0-9][a-z0-9-]*$/;

/** A fault while its scenario runs. */
export interface WatchedFault {
  readonly injected: InjectedFault;
  /** By performance.now(). */
  readonly sinceMs: number;
  /** By the same clock: when the last reading began that found it in force; the injection counts as one. */
  lastSeenMs: number;
}

/** Reads each fault once and logs the readings, or with `gone` only of faults that are gone. Resolves to these. */
export async function readAll(
  context: ScenarioContext,
  faults: readonly WatchedFault[],
  when: "before" | "during" | "after",
  say: Say,
  log: "all" | "gone" = "all",
): Promise<readonly WatchedFault[]> {
  const read = await Promise.allSettled(
    faults.map(async (one) => {
      const begunMs = performance.now();
      const { inForce, detail } = await one.injected.readBack();
      if (inForce) one.lastSeenMs = begunMs;
      if (log === "all" || !inForce) say({ type: "read-back", faultId: one.injected.id, when, inForce, detail });
      // When we are told to stop, it may be ourselves who undo it.
      if (!inForce && context.signal?.aborted !== true) await sayDrift(context, one, detail, say);
      return inForce ? [] : [one];
    }),
  );
  return read.flatMap((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/**
 * Reads the faults again and again, `intervalMs` apart, while `probing` is under way, at least once each; a fault that
 * is gone is logged with who was at work and read no more. Resolves to those that are gone. Throws what a reading
 * throws, once `probing` is over.
 */
export async function watchFaults(
  context: ScenarioContext,
  faults: readonly WatchedFault[],
  probing: Promise<unknown>,
  intervalMs: number,
  say: Say,
): Promise<readonly WatchedFault[]> {
  const over = new AbortController();
  const ended = probing.then(() => undefined).catch(() => undefined);
  void ended.then(() => over.abort());
  const gone: WatchedFault[] = [];
  let left = faults;
  let log: "all" | "gone" = "all";
  do {
    const lost = await readAll(context, left, "during", say, log);
    log = "gone";
    gone.push(...lost);
    left = left.filter((one) => !lost.includes(one));
    await Promise.race([ended, sleep(intervalMs)]);
  } while (!over.signal.aborted && left.length > 0);
  return gone;
}

async function sayDrift(context: ScenarioContext, watched: WatchedFault, detail: string, say: Say): Promise<void> {
  const { injected, sinceMs } = watched;
  const afterMs = Math.round(performance.now() - sinceMs);
  const lastSeenMs = Math.round(watched.lastSeenMs - sinceMs);
  const agents = await agentsSaid(context, injected.nodeFault.node, afterMs).catch(() => []);
  say({ type: "drifted", faultId: injected.id, fault: injected.nodeFault, afterMs, lastSeenMs, detail, agents });
}

/** What the CNI's agent and kube-proxy have said since then; none where their logs cannot be had. */
async function agentsSaid(context: ScenarioContext, node: NodeRole, forMs: number): Promise<readonly string[]> {
  const { cni } = context.cluster.record.cell;
  if (!CNI.test(cni)) return [];
  const argv = ["sh", "-c", AGENT_LOG, "agent-log", cni];
  const { stdout } = await mustExec(context.cluster.exec(node), argv, { timeoutMs: 5_000 });
  return recentLines(stdout, forMs);
}

/**
 * Lines begin with their time and then who said it. The first is the node's own time now, of the same clock, so only
 * their difference is used. Pure.
 */
export function recentLines(printed: string, forMs: number): readonly string[] {
  const [now = "", ...lines] = printed.split("\n");
  const sinceMs = Date.parse(now) - forMs - AGENT_SLACK_MS;
  return lines.flatMap((line) => {
    const [, time = "", said = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    return Date.parse(time) >= sinceMs ? [said] : [];
  });
}

/** It takes us a moment to notice that a fault is in force, and to ask. */
const AGENT_SLACK_MS = 500;
