import { untranslatedReply } from "./bridge-netfilter.ts";
import { lossWords, SCORE, type Candidate, type Case } from "../case/case.ts";

/** What is said where nothing explains it: how far it came, and what was not there to look at. Pure. */
export function foundNothing({ loss, refusal, picture, trace }: Case): Candidate {
  const reply = untranslatedReply(trace);
  const where = reply
    ? `a reply came by ${reply.device} of ${reply.node} from another address than ${trace.dialled?.address}, which was asked`
    : loss
      ? lossWords({ ...loss, packets: [] }).replace(" (×0)", "")
      : refusal
        ? `${refusal.words} from ${refusal.by.kind} ${refusal.by.name}`
        : trace.request.length === 0
          ? "it is in no capture"
          : "no hop is missing";
  return {
    ...{ score: SCORE.nothing, confidence: "found-nothing", fix: null, more: null },
    cause: `no explanation found: ${where}`,
    evidence: picture.lacking.map((line) => `lacking: ${line}`),
  };
}
