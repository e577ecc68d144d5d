/**
 * Measures the prober's own cost in a round of probes: `node bench/prober.ts [ATTEMPTS]`, no root, seconds. It runs
 * curl against a closed port of this machine, once by the prober and once by a shell that only starts curl. Prints CPU
 * seconds (user and system) and the wall time of each.
 */
import { hostExec, mustExec } from "../lib/host/exec.ts";
import { attemptArgv, requestWords } from "../lib/probes/request.ts";
import type { CurlAttempt } from "../lib/probes/probe.ts";
import { PROBER } from "../lib/probes/round.ts";

const ROUNDS = 5;
const TIMED = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>&1';
const count = Number(process.argv[2] ?? "18");
const attempts = Array.from({ length: count }, (_, at): CurlAttempt => {
  // Port 9 (discard) is unused on today's machines.
  const target = { tool: "curl", url: "http://127.0.0.1:9/", netnsPid: 1 } as const;
  return { ...target, id: `#${at}`, path: "hostA → server by podIP", connectTimeoutMs: 4500, totalTimeoutMs: 6000 };
});

/** CPU and wall time of the cheapest of some tries, in ms. */
async function cost(argv: readonly string[]): Promise<{ readonly cpuMs: number; readonly wallMs: number }> {
  const tries = [];
  for (let at = 0; at < ROUNDS; at += 1) {
    const { stderr } = await mustExec(hostExec, ["bash", "-c", TIMED, "bench", ...argv]);
    const [user = 0, system = 0, wall = 0] = stderr.trim().split(" ").map(Number);
    tries.push({ cpuMs: Math.round((user + system) * 1000), wallMs: Math.round(wall * 1000) });
  }
  return tries.reduce((least, one) => (one.cpuMs < least.cpuMs ? one : least));
}

const [first] = attempts;
if (first === undefined) throw new Error("no attempts");
const bare = 'for ((n = 0; n < $1; n++)); do "${@:2}" & done; wait';
console.table({
  prober: await cost(["perl", "-e", PROBER, "bench", ...requestWords(attempts)]),
  "the curls alone": await cost(["bash", "-c", bare, "bench", String(count), ...attemptArgv(first)]),
});
