import type { Picture } from "./picture.ts";
import { isIncoming, type Sighting } from "./sightings.ts";
import type { Trace } from "./trace.ts";

/** A neighbour request without an answer. */
export interface Unanswered {
  readonly node: string;
  readonly device: string;
  readonly address: string;
  readonly times: number;
  readonly sighting: Sighting;
}

/**
 * Returns the addresses that nodes asked for by ARP (or IPv6 neighbour discovery) without an answer during a flow.
 * Pure.
 */
export function unansweredDuring({ observation }: Trace, { sightings }: Picture): readonly Unanswered[] {
  const { startedAtMs, durationMs } = observation;
  const during = sightings.filter(({ atMs }) => atMs >= startedAtMs - 100 && atMs <= startedAtMs + durationMs + 500);
  const asked = during.filter((sighting) => !isIncoming(sighting) && askedFor(sighting) !== null);
  const answered = new Set(during.map((one) => `${one.node} ${one.device} ${answersFor(one)}`));
  const groups = Map.groupBy(asked, (one) => `${one.node} ${one.device} ${askedFor(one)}`);
  return [...groups].flatMap(([key, [first, ...more]]) => {
    if (!first || answered.has(key)) return [];
    const { node, device } = first;
    return [{ node, device, address: askedFor(first) ?? "", times: more.length + 1, sighting: first }];
  });
}

/**
 * Returns true when the client's pod itself asked for a neighbour without an answer: it then sent nothing else. Pure.
 */
export function clientAskedInVain({ observation, client }: Trace, { sightings }: Picture): boolean {
  const { startedAtMs, durationMs } = observation;
  const mine = sightings.filter(
    ({ node, device, atMs }) =>
      node === client.node &&
      device === client.device &&
      atMs >= startedAtMs - 100 &&
      atMs <= startedAtMs + durationMs + 500,
  );
  const answered = new Set(mine.filter((sighting) => !isIncoming(sighting)).map(answersFor));
  return mine.some((one) => isIncoming(one) && askedFor(one) !== null && !answered.has(askedFor(one)));
}

function askedFor({ packet: { network, transport } }: Sighting): string | null {
  if (network?.kind === "arp") return network.operation === 1 ? network.targetAddress : null;
  const isAsking = transport?.kind === "icmp" && transport.family === 6 && transport.type === 135;
  return isAsking ? (transport.neighbour?.target ?? null) : null;
}

function answersFor({ packet: { network, transport } }: Sighting): string | null {
  if (network?.kind === "arp") return network.operation === 2 ? network.senderAddress : null;
  const isTelling = transport?.kind === "icmp" && transport.family === 6 && transport.type === 136;
  return isTelling ? (transport.neighbour?.target ?? null) : null;
}
