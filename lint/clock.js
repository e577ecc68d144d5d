/**
 * Forbids the wall clock but as a label for people: it may jump, so durations, leases and verdicts never come from it.
 */
import { pathOf, rule } from "./rule.js";

/** Where a time is shown or written down, and for what. */
const LABELS = {
  "cli/commands/gc.ts": "how old leftovers are",
  "cli/host/progress.ts": "when a line was printed",
  "cli/store/run-dir.ts": "a run's id, and its beginning",
  "cli/commands/run.ts": "a run's beginning",
  "clusters/image/prune-cache.ts": "files' times, on a disk that outlives boots",
  "clusters/image/run-steps.ts": "files' times, on a disk that outlives boots",
  "clusters/lane/guest-project.ts": "what a VM's clock is set to",
  "clusters/ownership/owner.ts": "times as Docker prints them",
  "lib/engine/drift.ts": "which log lines are recent: they have nothing but the wall clock, and only explain",
  "lib/engine/measure.ts": "when a probe was started",
  "lib/events/event-log.ts": "when something happened",
  "lib/faults/run/inject.ts": "the beginning of a fault's id, so that ids sort",
  "lib/journal/journal.ts": "when a line was written",
  "lib/probes/round.ts": "when a probe was started",
  "reports/progress.ts": "when something happened, as text",
};
const FOLDERS = /^(?:lib|clusters|cli|reports|suites)\//;

export const noWallClock = rule("the wall clock is read in few places, and never for a duration", (context) => {
  const path = pathOf(context);
  if (!FOLDERS.test(path) || Object.hasOwn(LABELS, path)) return {};
  const message =
    "the wall clock may jump: use performance.now() or lib/host/clock.ts; lint/clock.js lists where it is a label";
  return {
    Identifier(node) {
      if (["Date", "Temporal"].includes(node.name) && isValue(node)) context.report({ node, message });
    },
    "MemberExpression[object.name='globalThis'][property.name=/^(Date|Temporal)$/]"(node) {
      context.report({ node, message });
    },
    "MemberExpression[object.name='performance'][property.name='timeOrigin']"(node) {
      context.report({ node, message });
    },
  };
});

/** Neither a type nor the name of a member. */
function isValue({ parent, ...node }) {
  if (parent.type.startsWith("TS")) return false;
  const isName =
    (parent.type === "MemberExpression" && parent.property.range === node.range) || parent.key?.range === node.range;
  return !isName || parent.computed === true;
}
