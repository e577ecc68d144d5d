/**
 * Measures whether a fault in one cluster reaches another: `node bench/isolation.ts FAULTY OTHER… [--probes N]`, on
 * kept clusters (`./faultline run baseline --cell … --parallel 4 --keep always`). It injects the fault of each quick
 * suite into FAULTY, one after the other, and verifies the claimed symptom. Meanwhile it tries every healthy path of
 * the OTHERS, until there were N attempts in all (default 10000), each while a fault was in force. Prints counts for
 * each fault; exits 1 if an attempt was not ok.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../lib/journal/journal.ts";
import { expectationsOf, faultsOf, healingOf, type Scenario } from "../lib/scenario/spec.ts";
import { keptCluster } from "../cli/store/kept.ts";
import { scenariosOf, suiteFiles } from "../cli/cell/suites.ts";
import { whileOneIsBroken } from "./isolated.ts";

const FLOWS = 10;
const argv = process.argv.slice(2);
const at = argv.indexOf("--probes");
const probes = at < 0 ? 10_000 : Number(argv[at + 1]);
const [faulty, ...others] = (at < 0 ? argv : argv.toSpliced(at, 2)).map((name) => keptCluster(name));
if (!faulty || others.length === 0) throw new Error("usage: node bench/isolation.ts FAULTY OTHER… [--probes N]");

const all = await scenariosOf(suiteFiles());
const [healthy] = all.filter(({ id }) => id.startsWith("baseline/"));
if (!healthy) throw new Error("there is no baseline suite");
const paths = Object.keys(expectationsOf(healthy, faulty)).filter((path) =>
  others.every((other) => expectationsOf(healthy, other)[path]?.symptoms.includes("ok")),
);
const quick = all.filter(isQuick);
const dir = mkdtempSync(join(tmpdir(), "faultline-isolation-"));
const journal = openJournal(join(dir, "journal.ndjson"));
const sum = { probes: 0, lost: 0, unknown: 0 };
const each = Math.ceil(probes / quick.length);
for (const scenario of quick) {
  const startedAtMs = performance.now();
  const seen = await whileOneIsBroken({ faulty, others, scenario, paths, flows: FLOWS, probes: each, journal });
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  const counts = `${seen.probes} probes, ${seen.lost.length} lost, ${seen.unknown} could not be told`;
  console.log(
    `${seen.scenario} in ${faulty.name} (${seen.broken} attempts failed there), elsewhere ${counts}; ${seconds} s`,
  );
  for (const { path, symptom, detail } of seen.lost) console.log(`  ${path}: ${symptom}: ${detail}`);
  sum.probes += seen.probes;
  sum.lost += seen.lost.length;
  sum.unknown += seen.unknown;
}
journal[Symbol.dispose]();
rmSync(dir, { recursive: true });
console.log(
  `${others.length} other clusters: ${sum.probes} probes, ${sum.lost} lost, ${sum.unknown} could not be told`,
);
// What could not be told is never green.
const undecided = sum.unknown > 0 ? 2 : 0;
process.exit(sum.lost > 0 ? 1 : undecided);

/** Returns true for a node fault whose symptom appears at once and lasts. Faults of the API are not measured here. */
function isQuick(scenario: Scenario): boolean {
  if (!faulty || (scenario.skipWhen?.(faulty) ?? null) !== null) return false;
  const isAtOnce = (scenario.appears?.withinMs ?? 0) === 0 && healingOf(scenario, faulty) === null;
  const faults = faultsOf(scenario, { cell: faulty.cell, traits: faulty.traits, address: () => "192.0.2.1" });
  const breaks = Object.values(expectationsOf(scenario, faulty)).some(({ symptoms }) => !symptoms.includes("ok"));
  return isAtOnce && breaks && faults.some(({ fault }) => fault.kind !== "none");
}
