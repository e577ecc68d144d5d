import { untranslatedReply } from "./bridge-netfilter.ts";
import { lossWords, SCORE, type Candidate, type Case } from "../case/case.ts";

/** Returns the candidate for a flow without an explanation: how far it came, and the missing evidence. Pure. */
export function foundNothing({ loss, refusal, picture, trace }: Case): Candidate {
  const reply = untranslatedReply(trace);
  const where = reply
    ? `a reply came by ${reply.device} of ${reply.node} from another address than the dialled ${trace.dialled?.address}`
    : loss
      ? lossWords({ ...loss, packets: [] }).replace(" (×0)", "")
      : refusal
        ? `${refusal.words} from ${refusal.by.kind} ${refusal.by.name}`
        : trace.request.length === 0
          ? "it is in no capture"
          : "no hop is missing";
  return {
    score: SCORE.nothing,
    confidence: "found-nothing",
    fix: null,
    more: null,
    cause: `no explanation found: ${where}`,
    evidence: picture.lacking.map((line) => `lacking: ${line}`),
  };
}
