import { changeInWords, type Change } from "../../fingerprint/diff.ts";
import { SCORE, type Candidate, type Case } from "../case/case.ts";

/** The most changes listed per node: more mean that the node was rebuilt. */
const MOST_CHANGES = 8;

/**
 * Returns the differences from the baseline as likely causes, where no rule explains the flow. On the node that lost
 * the packet they are likelier than elsewhere. Changes that agents and traffic make by themselves do not count
 * (lib/fingerprint/rules.ts). Pure.
 */
export function stateDiffers({ picture, loss, lossNodes, trace }: Case): readonly Candidate[] {
  const ends = [trace.client.pod, trace.server?.pod];
  // A packet that never came back out of a pod was lost in it.
  const there = loss?.leg === "answer" && trace.server?.pod !== null ? [] : lossNodes;
  return [...picture.nodes.values()].flatMap((facts) => [
    ...candidates(facts.node, tellingFirst(facts.changes.filter(isNoRepair)).map(changeInWords), there.includes(facts)),
    ...[...facts.podChanges].flatMap(([pod, lines]) => candidates(`pod ${pod}`, lines, ends.includes(pod))),
  ]);
}

/**
 * Returns false for a device that has come up since: that breaks nothing, and a new device reports it a moment late.
 */
function isNoRepair({ section, scope, is }: Change): boolean {
  return !(section === "link" && scope.endsWith("operstate") && is === "UP");
}

/** Sorts changed values first: they are more telling than entries that came or went with them. */
function tellingFirst(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort((a, b) => Number(b.kind === "changed") - Number(a.kind === "changed"));
}

function candidates(where: string, lines: readonly string[], isThere: boolean): readonly Candidate[] {
  const [first] = lines;
  if (first === undefined) return [];
  const more = lines.length > 1 ? ` and ${lines.length - 1} more` : "";
  return [
    {
      score: isThere ? SCORE.differsThere : SCORE.differsElsewhere,
      cause: `${where} differs from its baseline: ${first}${more}`,
      confidence: "likely",
      evidence: lines.slice(0, MOST_CHANGES).map((line) => `${where}: ${line}`),
      fix: `restore the baseline on ${where}`,
      more: null,
    },
  ];
}
