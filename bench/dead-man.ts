/**
 * Measures early undos of the dead-man: `node bench/dead-man.ts [MINUTES] [LOOPS]`, as root. It keeps faults with the
 * real lease in a network namespace (default 10 minutes) beside busy loops (default 4). Prints how many faults a
 * dead-man undid meanwhile, and the shortest remaining time of a lease.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LEASE } from "../lib/faults/run/dead-man.ts";
import { healInjected, injectFault, type InjectedFault } from "../lib/faults/run/inject.ts";
import { openJournal } from "../lib/journal/journal.ts";
import { busyLoops } from "../test/fixtures/busy.ts";
import { ONE_OF_EACH } from "../test/fixtures/faults/crash-sweep.ts";
import { makeTestNode } from "../test/fixtures/faults/namespace.ts";
import { leftOn, leaseEndMs, uptimeMs } from "../test/fixtures/faults/node-state.ts";

const minutes = Number(process.argv[2] ?? 10);
const loops = Number(process.argv[3] ?? 4);
const dir = mkdtempSync(join(tmpdir(), "faultline-bench-"));
await using node = await makeTestNode();
const target = await node.target();
const { netnsInode } = target.identity;
using journal = openJournal(join(dir, "journal.ndjson"));
const injected: InjectedFault[] = [];
let leastLeftMs = Number.POSITIVE_INFINITY;
const load = busyLoops(loops);
try {
  for (const fault of ONE_OF_EACH) {
    injected.push(await injectFault({ target, nodeFault: { node: "A", fault }, journal }));
  }
  const endsAtMs = performance.now() + minutes * 60_000;
  while (performance.now() < endsAtMs) {
    await pause(500);
    const { armed } = leftOn(netnsInode);
    for (const id of armed)
      leastLeftMs = Math.min(leastLeftMs, (leaseEndMs(netnsInode, id) ?? Number.POSITIVE_INFINITY) - uptimeMs());
  }
} finally {
  load[Symbol.dispose]();
}
const early = leftOn(netnsInode).fired.length;
const healed = [...(await healInjected(injected)).values()];
rmSync(dir, { recursive: true });
const undone = healed.filter(({ outcome, finding }) => outcome === "undone" && finding === undefined).length;
const cores = availableParallelism();
process.stdout.write(`${minutes} minutes, ${injected.length} faults, ${loops} busy loops on ${cores} cores
early undos: ${early}
least time left of a lease of ${LEASE.leaseMs} ms: ${leastLeftMs} ms
undone at the end: ${undone} of ${injected.length}
`);
process.exitCode = early === 0 ? 0 : 1;
