/**
 * `node bench/dead-man.ts [MINUTES] [LOOPS]`, as root: keeps faults in force in a network namespace for so long (default 10 minutes) with the real lease, beside so
 * many busy loops (default 4), and prints how many a dead-man undid meanwhile, and how little was left of a lease at worst.
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
process.stdout
  .write(`${minutes} minutes, ${injected.length} faults, ${loops} busy loops on ${availableParallelism()} cores: early undos: ${early}
least time left of a lease of ${LEASE.leaseMs} ms: ${leastLeftMs} ms
undone at the end: ${healed.filter(({ outcome, finding }) => outcome === "undone" && finding === undefined).length} of ${injected.length}
`);
process.exitCode = early === 0 ? 0 : 1;
