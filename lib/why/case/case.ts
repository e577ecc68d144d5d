import type { Packet } from "../../evidence/pcap/packet.ts";
import type { Explanation } from "../../model/explanation.ts";
import { hopWords } from "./hops.ts";
import { lossOf, nodeOfLoss, type Loss } from "./loss.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { Picture } from "./picture.ts";
import { refusalOf, type Refusal } from "./sender.ts";
import { isIncoming, sightingWords } from "./sightings.ts";
import type { Trace } from "./trace.ts";

/** One flow that was not ok, and all that is known of it: what a rule looks at. What was injected is not among it. */
export interface Case {
  readonly trace: Trace;
  readonly loss: Loss | null;
  readonly refusal: Refusal | null;
  readonly picture: Picture;
  /** The node that lost it; null where none did, or it is not known which. */
  readonly lossNode: NodeFacts | null;
  /** The nodes between the last hop that saw it and the first that did not; where nothing is lost, those of the client and of who refused. */
  readonly lossNodes: readonly NodeFacts[];
}

/** An explanation of one case, with how much speaks for it. */
export interface Candidate extends Omit<Explanation, "paths"> {
  readonly score: number;
  /** What makes two candidates one, where their causes are not worded the same. */
  readonly same?: string;
}

/** A cause we know: what it looks like in captures and state. */
export interface WhyRule {
  readonly name: string;
  /** Why these signs mean this cause and no other. */
  readonly why: string;
  readonly explain: (one: Case) => readonly Candidate[];
}

/**
 * How much speaks for a cause. What both a capture and the state show is `proven` and comes first; of two such, the one that brought the other about.
 * A state that differs where the packet vanished explains more than one elsewhere; a capture alone says where, not why.
 */
export const SCORE = {
  behindAnother: 110,
  proven: 100,
  /** The state is one that does this, but a sign that should go with it is not there. */
  fits: 70,
  differsThere: 50,
  differsElsewhere: 30,
  captureAlone: 20,
  nothing: 0,
} as const;

/** Puts together what is known of a flow. Pure. */
export function caseOf(trace: Trace, picture: Picture): Case {
  const loss = provedBy(picture, lossOf(trace));
  const node = loss ? nodeOfLoss(loss) : null;
  const refusal = refusalOf(trace);
  const names = loss ? [loss.last?.node, loss.next?.node] : [refusal?.node, trace.client.node];
  const lossNodes = [...new Set(names)].map((name) => picture.nodes.get(name ?? "")).filter((one) => one !== undefined);
  const lossNode = picture.nodes.get(node ?? "") ?? null;
  return { trace, loss, refusal, picture, lossNode, lossNodes };
}

/** That a hop did not see it is known only where its node's capture is whole. */
function provedBy({ captured }: Picture, loss: Loss | null): Loss | null {
  const node = loss?.next?.node ?? loss?.last?.node;
  return node !== undefined && captured.has(node) ? loss : null;
}

/** Where it ended, as lines of evidence. Pure. */
export function whereLines({ trace, loss, refusal }: Case): readonly string[] {
  const lines: string[] = [];
  if (loss) lines.push(lossWords(loss));
  const [example] = loss?.packets ?? [];
  if (example) lines.push(sightingWords(example));
  if (refusal) {
    const { kind, name } = refusal.by;
    const by = kind === "elsewhere" ? name : `${kind} ${name}`;
    lines.push(`${sightingWords(refusal.sighting)}: ${refusal.words} sent by ${by}`);
  }
  if (!loss && !refusal && trace.request.length + trace.reply.length > 0) {
    lines.push(`request seen ${trace.request.length} times, reply ${trace.reply.length} times, at all hops we know`);
  }
  return lines;
}

/** `request last seen on flannel.1 of A, never on cni0 of A`. */
export function lossWords({ leg, last, next, packets }: Loss): string {
  if (leg === "answer") return `request arrived on ${last ? hopWords(last) : "the last hop"}, nothing came back`;
  const seen = last ? `${leg} last seen on ${hopWords(last)} (×${packets.length})` : `${leg} seen on no device`;
  return `${seen}, never on ${next ? hopWords(next) : "the next hop"}`;
}

/** `is 0 on A (baseline 1)`; without a baseline only what it is. Pure. */
export function againstBaseline({ is, was }: { is: string | null; was: string | null }): string {
  if (was === null) return "";
  return was === is ? " (baseline the same)" : ` (baseline ${was})`;
}

/** A candidate that both capture and state speak for. Pure. */
export function proven(
  cause: string,
  evidence: readonly string[],
  mend: Pick<Candidate, "fix" | "more">,
  score: number = SCORE.proven,
): Candidate {
  return { score, cause, confidence: "proven", evidence, ...mend };
}

/** One that only one of them speaks for. Pure. */
export function likely(
  cause: string,
  evidence: readonly string[],
  mend: Pick<Candidate, "fix" | "more">,
  score: number = SCORE.fits,
): Candidate {
  return { score, cause, confidence: "likely", evidence, ...mend };
}

/** Of whom a lost or refused packet is: `10.244.1.2`, before and after translation. Pure. */
export function destinationsOf({ trace, loss }: Case): readonly string[] {
  const seen = (loss?.packets ?? []).flatMap(({ packet: { network } }) =>
    network?.kind === "ip" ? [network.destination] : [],
  );
  const back = loss?.leg === "reply" ? trace.client.addresses : [];
  const asked = [...trace.endpoints.map(withoutPort), ...(trace.server?.addresses ?? []), trace.dialled?.address ?? ""];
  return [...new Set([...seen, ...(loss?.leg === "reply" ? back : asked)])].filter((one) => one !== "");
}

function withoutPort(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(":"));
}

/** It came into the node by a bridge's port, and was to leave it by another of that bridge. Pure. */
export function isToBeSwitched({ loss, picture, lossNode }: Case): boolean {
  const incoming = loss?.packets.find(isIncoming);
  const { interfaces } = picture;
  const masterOf = (device: string | undefined): string | null =>
    interfaces[incoming?.node ?? ""]?.find(({ name }) => name === device)?.master ?? null;
  const bridge = masterOf(incoming?.device);
  return (
    lossNode !== null && bridge !== null && loss?.next?.node === lossNode.node && masterOf(loss.next.device) === bridge
  );
}

/** The node was to route it on: it came in by a device of its own (no bridge's port, no tunnel's carrier) and is for somebody else. Pure. */
export function isToBeForwarded(one: Case): boolean {
  const { loss, picture, lossNode } = one;
  const incoming = loss?.packets.find(isIncoming);
  if (!incoming || !lossNode || incoming.carrier !== null || loss?.next?.node !== lossNode.node) return false;
  const device = (picture.interfaces[incoming.node] ?? []).find(({ name }) => name === incoming.device);
  return (
    incoming.packet.network?.kind === "ip" && (device?.master ?? null) === null && !isForNode(one, incoming.packet)
  );
}

/** Whether the end it was on its way to is the node itself; what it is addressed to says so only where nothing translates it. */
function isForNode({ loss, trace, picture, lossNode }: Case, { network }: Packet): boolean {
  const end = loss?.leg === "reply" ? trace.client : trace.server;
  if (end) return end.pod === null && end.node === lossNode?.node;
  const own = (picture.interfaces[lossNode?.node ?? ""] ?? []).flatMap(({ addresses }) => addresses);
  return network?.kind === "ip" && own.includes(network.destination);
}

/** Whether a lost packet can have met a hook of the firewall at all; what hook a chain is of is not always known (null). Pure. */
export function canMeet(one: Case, hook: string | null): boolean {
  const packets = one.loss?.packets ?? [];
  const [first] = packets;
  switch (hook) {
    case "input":
      return !first || first.carrier !== null || isForNode(one, first.packet);
    case "forward":
      return !first || (first.carrier === null && !isForNode(one, first.packet));
    case "output":
      return !first || !packets.some(isIncoming) || one.loss?.next?.tunnelled === true;
    default:
      return true;
  }
}
