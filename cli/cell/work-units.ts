import type { Event } from "../../lib/events/event.ts";
import type { Mode } from "../../lib/model/mode.ts";
import { suiteId } from "../../lib/mocha/scenario.ts";
import { taintedNodes } from "../../lib/verdict/taint.ts";

/** A work unit of a cell, done by one mocha process: these suites in this mode. */
export interface WorkUnit {
  readonly mode: Mode;
  readonly suiteFiles: readonly string[];
}

/** All suites in each of the modes. */
export function workUnitsOf(modes: readonly Mode[], suiteFiles: readonly string[]): readonly WorkUnit[] {
  return modes.map((mode) => ({ mode, suiteFiles }));
}

/**
 * Returns the remaining work of a tainted cluster, from its log: suites whose scenario never began, and hand-written
 * tests that failed after the taint. Empty if no node is tainted. Pure.
 */
export function unitsLeft(units: readonly WorkUnit[], events: readonly Event[]): readonly WorkUnit[] {
  const taintedAt = events.findIndex((_, index) => taintedNodes(events.slice(0, index + 1)).length > 0);
  if (taintedAt < 0) return [];
  const begun = new Set(
    events.flatMap((event) => (event.type === "scenario-started" ? [key(event.mode, event.scenario)] : [])),
  );
  const tests = events.flatMap((event, at) => (event.type === "test" ? [{ ...event, at }] : []));
  const isLeft = (mode: Mode, suite: string): boolean => {
    if (begun.has(key(mode, suite))) return false;
    const mine = tests.filter((test) => test.suite === suite && test.mode === mode);
    // A suite of tests alone that was run before the taint, or passed all the same, has said what it has to say.
    return mine.length === 0 || mine.some(({ passed, at }) => !passed && at > taintedAt);
  };
  return units
    .map(({ mode, suiteFiles }) => ({ mode, suiteFiles: suiteFiles.filter((file) => isLeft(mode, suiteId(file))) }))
    .filter(({ suiteFiles }) => suiteFiles.length > 0);
}

function key(mode: Mode, scenario: string): string {
  return `${mode} ${scenario}`;
}
