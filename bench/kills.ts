/**
 * Measures what kill -9 leaves behind: `node bench/kills.ts CLUSTER [KILLS] [SEED]`. It starts runs on a kept cluster,
 * kills each at a random moment of its scenario, and compares both nodes with their state before the run. The
 * comparison follows `./faultline heal` or, every fifth time, the expiry of the dead-man's lease without heal. Prints a
 * line per kill and the sum; exits 1 if anything is left. A kill takes about 15 s, or 45 s with the dead-man.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { takeFingerprint, diffFingerprints, type Fingerprint } from "../lib/fingerprint/fingerprint.ts";
import { containerExec } from "../lib/host/container-exec.ts";
import { LEASE } from "../lib/faults/run/dead-man.ts";
import { keptCluster } from "../cli/store/kept.ts";
import { faultline } from "../test/e2e/command-line.ts";
import { killedRun } from "../test/e2e/killed-run.ts";
import { hostExec } from "../lib/host/exec.ts";

const SUITES = [
  "nodes/ip-forward",
  "services/bridge-nf-call-iptables",
  "overlay/vxlan-port-blocked",
  "overlay/pod-cidr-overlap",
  "overlay/vxlan-link-down",
  "services/no-endpoints",
  "dns/coredns-loop",
];
/** From a scenario's beginning to after its heal. */
const WINDOW_MS = 9_000;
/** kube-proxy and the kubelet take their time to put back what is theirs. */
const SETTLE_MS = 30_000;

const [name = "", kills = "100", seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const { containers } = keptCluster(name);
const random = randomFrom(Number(seed));
const before = await bothNodes();
let inForce = 0;
let left = 0;
console.log(`seed ${seed}`);
for (let kill = 1; kill <= Number(kills); kill += 1) {
  const suite = SUITES[Math.floor(random() * SUITES.length)] ?? "";
  const afterMs = Math.round(random() * WINDOW_MS);
  const { runId, open } = await killedRun(suite, name, afterMs);
  const byDeadMan = kill % 5 === 0;
  if (byDeadMan) await sleep(LEASE.leaseMs + 2_000);
  else await faultline(["heal", "--run", runId]);
  const differences = await settled();
  // What the dead-man undid is closed in the journal too.
  const { code } = await faultline(["heal", "--run", runId]);
  if (open.length > 0) inForce += 1;
  if (differences.length > 0 || code !== 0) left += 1;
  const how = byDeadMan ? "dead-man" : "heal";
  const result = differences.length === 0 ? "as before" : `LEFT: ${differences.join(" | ")}`;
  console.log(
    `${kill}: ${suite} after ${afterMs} ms, open ${open.join(",") || "none"}; ${how}: ${result}; heal exit ${code}`,
  );
}
console.log(`${kills} kills, ${inForce} with a fault open; ${left} left something behind`);
process.exit(left === 0 ? 0 : 1);

async function bothNodes(): Promise<readonly Fingerprint[]> {
  return await Promise.all([containers.A, containers.B].map((node) => takeFingerprint(containerExec(node, hostExec))));
}

async function settled(): Promise<readonly string[]> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const now = await bothNodes();
    const differences = now.flatMap((one, index) => diffFingerprints(before[index] ?? one, one));
    if (differences.length === 0 || performance.now() > deadlineMs) return differences;
    await sleep(1_000);
  }
}

/** A linear congruential generator (Numerical Recipes): a seed gives the same kills again. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
