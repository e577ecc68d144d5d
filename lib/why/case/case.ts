import type { Packet } from "../../evidence/pcap/packet.ts";
import type { Explanation } from "../../model/explanation.ts";
import { hopWords } from "./hops.ts";
import { lossOf, nodeOfLoss, type Loss } from "./loss.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { Picture } from "./picture.ts";
import { refusalOf, type Refusal } from "./sender.ts";
import { isIncoming, sightingWords } from "./sightings.ts";
import type { Trace } from "./trace.ts";

/** A flow that was not ok, with all facts about it: the input of a rule. The injected fault is not among them. */
export interface Case {
  readonly trace: Trace;
  readonly loss: Loss | null;
  readonly refusal: Refusal | null;
  readonly picture: Picture;
  /** The node that lost it; null when none did or the node is unknown. */
  readonly lossNode: NodeFacts | null;
  /**
   * The nodes between the last hop that saw it and the first that did not. Without a loss: the nodes of the client and
   * of the refusing sender.
   */
  readonly lossNodes: readonly NodeFacts[];
}

/** An explanation of one case, with its score. */
export interface Candidate extends Omit<Explanation, "paths"> {
  readonly score: number;
  /** A key that makes two candidates one when their causes are worded differently. */
  readonly same?: string;
}

/** A known cause: how it shows in captures and state. */
export interface WhyRule {
  readonly name: string;
  /** Why these signs mean this cause and no other. */
  readonly why: string;
  readonly explain: (flowCase: Case) => readonly Candidate[];
}

/**
 * The scores of causes. A cause that both a capture and the state show is `proven` and comes first; of two such, the
 * one that led to the other. A state that differs where the packet vanished explains more than one elsewhere. A capture
 * alone shows where, not why.
 */
export const SCORE = {
  behindAnother: 110,
  proven: 100,
  /** The state has this effect, but a sign that should go with it is missing. */
  fits: 70,
  differsThere: 50,
  differsElsewhere: 30,
  captureAlone: 20,
  nothing: 0,
} as const;

/** Returns the case of a flow. Pure. */
export function caseOf(trace: Trace, picture: Picture): Case {
  const loss = provedBy(picture, lossOf(trace));
  const node = loss ? nodeOfLoss(loss) : null;
  const refusal = refusalOf(trace);
  const names = loss ? [loss.last?.node, loss.next?.node] : [refusal?.node, trace.client.node];
  const lossNodes = [...new Set(names)].map((name) => picture.nodes.get(name ?? "")).filter((one) => one !== undefined);
  const lossNode = picture.nodes.get(node ?? "") ?? null;
  return { trace, loss, refusal, picture, lossNode, lossNodes };
}

/** Returns the loss if its node's capture is complete: otherwise the hop may have seen the packet. Else null. */
function provedBy({ captured }: Picture, loss: Loss | null): Loss | null {
  const node = loss?.next?.node ?? loss?.last?.node;
  return node !== undefined && captured.has(node) ? loss : null;
}

/** Returns lines of evidence for where the flow ended. Pure. */
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

/** Returns a loss in words: `request last seen on flannel.1 of A, never on cni0 of A`. */
export function lossWords({ leg, last, next, packets }: Loss): string {
  if (leg === "answer") return `request arrived on ${last ? hopWords(last) : "the last hop"}, nothing came back`;
  const seen = last ? `${leg} last seen on ${hopWords(last)} (×${packets.length})` : `${leg} seen on no device`;
  return `${seen}, never on ${next ? hopWords(next) : "the next hop"}`;
}

/** Returns the baseline part of `is 0 on A (baseline 1)`; empty without a baseline. Pure. */
export function againstBaseline({ is, was }: { is: string | null; was: string | null }): string {
  if (was === null) return "";
  return was === is ? " (baseline the same)" : ` (baseline ${was})`;
}

/** Returns a candidate that both capture and state support. Pure. */
export function proven(
  cause: string,
  evidence: readonly string[],
  remedy: Pick<Candidate, "fix" | "more">,
  score: number = SCORE.proven,
): Candidate {
  return { score, cause, confidence: "proven", evidence, ...remedy };
}

/** Returns a candidate that only one of the two supports. Pure. */
export function likely(
  cause: string,
  evidence: readonly string[],
  remedy: Pick<Candidate, "fix" | "more">,
  score: number = SCORE.fits,
): Candidate {
  return { score, cause, confidence: "likely", evidence, ...remedy };
}

/** Returns the destination addresses of a lost or refused packet, before and after translation: `10.244.1.2`. Pure. */
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

/** Returns true when the packet came in by a port of a bridge and had to leave by another port of it. Pure. */
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

/**
 * Returns true when the node had to route the packet: it came in by a device of its own (no bridge's port, no tunnel's
 * carrier) and has another destination. Pure.
 */
export function isToBeForwarded(flowCase: Case): boolean {
  const { loss, picture, lossNode } = flowCase;
  const incoming = loss?.packets.find(isIncoming);
  if (!incoming || !lossNode || incoming.carrier !== null || loss?.next?.node !== lossNode.node) return false;
  const device = (picture.interfaces[incoming.node] ?? []).find(({ name }) => name === incoming.device);
  return (
    incoming.packet.network?.kind === "ip" && (device?.master ?? null) === null && !isForNode(flowCase, incoming.packet)
  );
}

/**
 * Returns true when the flow's end is the node itself. The packet's destination address decides only where nothing
 * translates it.
 */
function isForNode({ loss, trace, picture, lossNode }: Case, { network }: Packet): boolean {
  const end = loss?.leg === "reply" ? trace.client : trace.server;
  if (end) return end.pod === null && end.node === lossNode?.node;
  const own = (picture.interfaces[lossNode?.node ?? ""] ?? []).flatMap(({ addresses }) => addresses);
  return network?.kind === "ip" && own.includes(network.destination);
}

/** Returns true when a lost packet can have met a hook of the firewall, or the hook is unknown (null). Pure. */
export function canMeet(flowCase: Case, hook: string | null): boolean {
  const packets = flowCase.loss?.packets ?? [];
  const [first] = packets;
  switch (hook) {
    case "input":
      return !first || first.carrier !== null || isForNode(flowCase, first.packet);
    case "forward":
      return !first || (first.carrier === null && !isForNode(flowCase, first.packet));
    case "output":
      return !first || !packets.some(isIncoming) || flowCase.loss?.next?.tunnelled === true;
    default:
      return true;
  }
}
