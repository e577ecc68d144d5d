import { changeInWords, type Change } from "../../fingerprint/diff.ts";
import { SCORE, type Candidate, type Case } from "../case/case.ts";

/** A node that differs in this many ways was made over: one line for all. */
const MOST_CHANGES = 8;

/**
 * What differs from the baseline, where no rule knows what it does. On the node that lost the packet it is likelier the cause than elsewhere. What
 * agents and traffic change by themselves is no difference (lib/fingerprint/rules.ts). Pure.
 */
export function stateDiffers({ picture, loss, lossNodes, trace }: Case): readonly Candidate[] {
  const ends = [trace.client.pod, trace.server?.pod];
  // What never came back out of a pod was lost in it.
  const there = loss?.leg === "answer" && trace.server?.pod !== null ? [] : lossNodes;
  return [...picture.nodes.values()].flatMap((facts) => [
    ...candidates(facts.node, tellingFirst(facts.changes.filter(isNoRepair)).map(changeInWords), there.includes(facts)),
    ...[...facts.podChanges].flatMap(([pod, lines]) => candidates(`pod ${pod}`, lines, ends.includes(pod))),
  ]);
}

/** A device that has come up since breaks nothing; one that was just made says so a moment late. */
function isNoRepair({ section, scope, is }: Change): boolean {
  return !(section === "link" && scope.endsWith("operstate") && is === "UP");
}

/** A value that changed says more than what came and went with it. */
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
      fix: `put back what is different on ${where}`,
      more: null,
    },
  ];
}
