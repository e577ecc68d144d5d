import { changeInWords } from "../../fingerprint/diff.ts";
import { SCORE, type Candidate, type Case } from "../case.ts";
import type { NodeFacts } from "../node-facts.ts";

/** A node that differs in this many ways was made over: one line for all. */
const MOST_CHANGES = 8;

/**
 * What differs from the baseline, where no rule knows what it does. On the node that lost the packet it is likelier the cause than elsewhere. What
 * agents and traffic change by themselves is no difference (lib/fingerprint/rules.ts). Pure.
 */
export function stateDiffers({ picture, lossNodes }: Case): readonly Candidate[] {
  return [...picture.nodes.values()].flatMap((facts) => candidates(facts, lossNodes.includes(facts)));
}

function candidates(facts: NodeFacts, isThere: boolean): readonly Candidate[] {
  const { node, changes } = facts;
  const lines = changes.map(changeInWords);
  const [first] = lines;
  if (first === undefined) return [];
  const more = lines.length > 1 ? ` and ${lines.length - 1} more` : "";
  return [
    {
      score: isThere ? SCORE.differsThere : SCORE.differsElsewhere,
      cause: `${node} differs from its baseline: ${first}${more}`,
      confidence: "likely",
      evidence: lines.slice(0, MOST_CHANGES).map((line) => `during/${node}: ${line}`),
      fix: `put back what is different on ${node}`,
      more: null,
    },
  ];
}
