/**
 * Measures how long heal takes with many faults: `node bench/heal-time.ts [NODES] [FAULTS] [ROUNDS]` (default 6, 5, 5).
 * It starts containers of the node image with kind's label and no network, injects FAULTS into each, and heals all of
 * them from the journal, as a first Ctrl-C does. CI leaves about seven seconds between its signal and the kill. Prints
 * each round; exits 1 if a fault was not undone.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostExec, mustExec } from "../lib/host/exec.ts";
import type { Fault } from "../lib/faults/registry.ts";
import { injectFault } from "../lib/faults/run/inject.ts";
import { containerTarget, type Target } from "../lib/faults/run/target.ts";
import { healRun } from "../lib/journal/heal.ts";
import { openJournal } from "../lib/journal/journal.ts";
import { DEFAULT_CELL, nodePartsOf } from "../clusters/cells/cells.ts";
import { plannedNodeImage } from "../clusters/image/node-image.ts";
import { hostAt } from "../lib/host/host.ts";
import { USUAL_SPEED } from "../lib/host/time-scale.ts";

const SYSCTLS = ["net.ipv4.tcp_syn_retries", "net.ipv4.tcp_retries1", "net.ipv4.tcp_synack_retries"];
const [nodes = 6, faults = 5, rounds = 5] = process.argv.slice(2).map(Number);
const cluster = `faultline-bench-${randomBytes(3).toString("hex")}`;
const dir = mkdtempSync(join(tmpdir(), "faultline-bench-"));
const { image } = await plannedNodeImage("offline", nodePartsOf(DEFAULT_CELL));
const names = Array.from({ length: nodes }, (_, index) => `${cluster}-${index}`);
try {
  const targets = await Promise.all(names.map(startNode));
  for (let round = 1; round <= rounds; round += 1) await breakAndHeal(targets, join(dir, `${round}`, "journal.ndjson"));
} finally {
  await hostExec(["docker", "rm", "--force", ...names]);
  rmSync(dir, { recursive: true });
}

async function startNode(name: string): Promise<Target> {
  const label = `io.x-k8s.kind.cluster=${cluster}`;
  const argv = ["docker", "run", "--detach", "--privileged", "--network", "none", "--label", label, "--name", name];
  await mustExec(hostExec, [...argv, "--tmpfs", "/run", "--entrypoint", "/bin/sleep", image.tag, "infinity"]);
  return await containerTarget({ node: "A", container: name, cluster, host: hostAt(USUAL_SPEED) });
}

async function breakAndHeal(targets: readonly Target[], path: string): Promise<void> {
  using journal = openJournal(path);
  await Promise.all(
    targets.map(async (target) => {
      for (let index = 0; index < faults; index += 1) {
        await injectFault({ target, nodeFault: { node: "A", fault: faultNumber(index) }, journal });
      }
    }),
  );
  const startedAtMs = performance.now();
  const { ok, outcomes } = await healRun(path, { host: hostAt(USUAL_SPEED) });
  const tookMs = Math.round(performance.now() - startedAtMs);
  console.log(
    `${targets.length} nodes × ${faults} faults: ${outcomes.length} undone in ${tookMs} ms`,
    ok ? "(all verified)" : "(NOT ALL)",
  );
  if (!ok || outcomes.length !== targets.length * faults) process.exitCode = 1;
}

function faultNumber(index: number): Fault {
  const to = `198.51.100.${index}`;
  const kinds: readonly Fault[] = [
    { kind: "route", type: "blackhole", to },
    { kind: "drop", hook: "input", protocol: "tcp", source: to },
    { kind: "sysctl", key: SYSCTLS[Math.floor(index / 3) % SYSCTLS.length] ?? "", value: "7" },
  ];
  return kinds[index % kinds.length] ?? { kind: "none" };
}
