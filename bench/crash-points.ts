/**
 * Measures how many faults survive a kill: `node bench/crash-points.ts [LANES]`, as root. It kills a process at every
 * boundary of journal and node, with one, three and ten faults, during injection and during heal. Prints how many a
 * later heal restored. test/integration/journal-crash.test.ts samples the boundaries of ten faults.
 */
import { crashes, makeLane, ONE_OF_EACH, sweep, TEN } from "../test/fixtures/faults/crash-sweep.ts";

const lanes = await Promise.all(Array.from({ length: Number(process.argv[2] ?? 3) }, makeLane));
let allWell = true;
try {
  for (const faults of [...ONE_OF_EACH.map((one) => [one]), ONE_OF_EACH, TEN]) {
    const ways = crashes(faults);
    let restored = 0;
    let done = 0;
    const wrong = await sweep(lanes, ways, (_, ofThis) => {
      done += 1;
      if (ofThis.length === 0) restored += 1;
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${ways.length} `);
    });
    allWell &&= restored === ways.length;
    const kinds = [...new Set(faults.map(({ kind }) => kind))].join(", ");
    process.stdout.write(`${faults.length} faults (${kinds}): ${restored} of ${ways.length} restored\n`);
    for (const line of wrong) process.stdout.write(`  ${line}\n`);
  }
} finally {
  for (const lane of lanes) await lane[Symbol.asyncDispose]();
}
process.exitCode = allWell ? 0 : 1;
