import { TCP_FLAG, type Packet } from "../../evidence/pcap/packet.ts";
import { parsePath, type Path } from "../../model/path.ts";
import type { Observation } from "../../probes/probe.ts";
import { hopsBetween, type Hop } from "./hops.ts";
import type { Picture } from "./picture.ts";
import { placeOfAddress, placeOfRole, type FlowEnd } from "./places.ts";
import { isIncoming, type Sighting } from "./sightings.ts";

/** One flow of a path, with all its sightings. */
export interface Trace {
  readonly observation: Observation;
  /** Null when its text does not parse. */
  readonly path: Path | null;
  readonly dialled: { readonly address: string; readonly port: number | null } | null;
  readonly client: FlowEnd;
  /** The end that the request was for after translation; null when it is unknown. */
  readonly server: FlowEnd | null;
  /** The addresses and ports that the destination was translated to. */
  readonly endpoints: readonly string[];
  readonly hops: readonly Hop[];
  readonly request: readonly Sighting[];
  readonly reply: readonly Sighting[];
  /** ICMP errors about the flow. */
  readonly errors: readonly Sighting[];
}

/** Allowance for the different clocks of prober and capture, and for late packets. */
const SLACK_MS = { before: 100, after: 500 } as const;

/** Returns a flow's trace in the captures. Pure. */
export function traceOf(observation: Observation, picture: Picture): Trace {
  const path = pathOf(observation.path);
  const { startedAtMs, durationMs, seen } = observation;
  const nearby = picture.sightings.filter(
    ({ atMs }) => atMs >= startedAtMs - SLACK_MS.before && atMs <= startedAtMs + durationMs + SLACK_MS.after,
  );
  const client = path ? placeOfRole(picture, path.from) : NOWHERE;
  const known = connectionKeys(picture, observation);
  const keys = requestKeys(observation, client, nearby, known);
  const reversed = new Set([...keys].map(reversedKey));
  const isReply = (packet: Packet): boolean => reversed.has(keyOf(packet)) || isAnswerTo(observation, client, packet);
  const request = nearby.filter(({ packet }) => keys.has(keyOf(packet)));
  const requestSet = new Set(request);
  const reply = nearby.filter((sighting) => !requestSet.has(sighting) && isReply(sighting.packet));
  const errors = nearby.filter(({ packet: { transport } }) => {
    const original = transport?.kind === "icmp" ? transport.original : undefined;
    if (original === undefined) return false;
    // A node's own packet can be refused before any device sees it.
    return keys.has(keyOf(original)) || isReply(original) || isRequest(observation, client, original);
  });
  const dialled = seen.remote === undefined ? null : { address: seen.remote, port: seen.remotePort ?? null };
  const endpoints = endpointsOf(request, known, dialled?.address ?? null);
  const server = serverOf(picture, path, dialled?.address ?? null, endpoints);
  const hops = hopsBetween(picture, client, server, dialled?.address);
  return { observation, path, dialled, client, server, endpoints, hops, request, reply, errors };
}

const NOWHERE: FlowEnd = { node: null, pod: null, device: null, addresses: [] };

function pathOf(text: string): Path | null {
  try {
    return parsePath(text);
  } catch {
    return null;
  }
}

/**
 * Returns a flow's key: `tcp 10.244.1.3:10690>10.96.176.77:80`, or for an echo `icmp 10.244.0.2#7>10.244.1.2`; empty
 * for other packets.
 */
function keyOf({ network, transport }: Packet): string {
  if (network?.kind !== "ip" || !transport) return "";
  const { source, destination } = network;
  if (transport.kind !== "icmp") {
    return `${transport.kind} ${source} ${transport.sourcePort}>${destination} ${transport.destinationPort}`;
  }
  return transport.echo
    ? `icmp ${source} ${transport.echo.identifier}>${destination} ${transport.echo.identifier}`
    : "";
}

function reversedKey(key: string): string {
  const [, kind = "", from = "", to = ""] = /^(\w+) (.*)>(.*)$/.exec(key) ?? [];
  return `${kind} ${to}>${from}`;
}

/**
 * Returns the flow's own key, and those after translation of its source: its first packet keeps its inner fields
 * (sequence number, DNS id).
 */
function requestKeys(
  observation: Observation,
  client: FlowEnd,
  nearby: readonly Sighting[],
  known: readonly string[],
): ReadonlySet<string> {
  const first = nearby.filter(({ packet }) => isRequest(observation, client, packet));
  const marks = new Set(first.map(({ packet }) => markOf(packet)).filter((mark) => mark !== null));
  const same = nearby.filter(({ packet }) => marks.has(markOf(packet) ?? ""));
  return new Set([...known, ...[...first, ...same].map(({ packet }) => keyOf(packet)).filter((key) => key !== "")]);
}

/** Returns the flow's keys in conntrack: no device sees a node's own packets before their translation. */
function connectionKeys({ nodes }: Picture, { seen }: Observation): readonly string[] {
  const lines = [...nodes.values()].flatMap(({ text }) => text("conntrack").split("\n"));
  const mine = lines.filter((line) => line.includes(` dst=${seen.remote} sport=${seen.sourcePort} `));
  return mine.flatMap((line) => {
    const tuples = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
    const [, source = "", destination = "", sourcePort = "", port = ""] = tuples[1] ?? [];
    const protocol = line.split(" ")[0] ?? "";
    return source === "" ? [] : [`${protocol} ${destination} ${port}>${source} ${sourcePort}`];
  });
}

function isRequest({ seen, tool }: Observation, { addresses }: FlowEnd, { network, transport }: Packet): boolean {
  if (network?.kind !== "ip" || !transport) return false;
  if (tool === "ping") {
    const isEcho = transport.kind === "icmp" && ECHO_REQUESTS.includes(`${transport.family} ${transport.type}`);
    const isOurs = addresses.length === 0 || addresses.includes(network.source);
    return isEcho && isOurs && network.destination === seen.remote;
  }
  return transport.kind !== "icmp" && seen.sourcePort !== undefined && transport.sourcePort === seen.sourcePort;
}

const ECHO_REQUESTS = ["4 8", "6 128"];

/** Returns the part of a flow's opening packet that address translation preserves; null for other packets. */
function markOf({ transport, dns }: Packet): string | null {
  if (transport?.kind === "tcp") {
    const opens = ((transport.flags ?? 0) & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn;
    return opens ? `tcp ${transport.sequence}` : null;
  }
  return dns && !dns.isResponse ? `dns ${dns.id} ${dns.question?.name}` : null;
}

/**
 * Returns true for a packet from any sender to the port that asked, including an answer that was not translated back.
 */
function isAnswerTo({ seen, tool }: Observation, { addresses }: FlowEnd, { network, transport }: Packet): boolean {
  if (network?.kind !== "ip" || !transport || transport.kind === "icmp" || tool === "ping") return false;
  const isToClient = addresses.length === 0 || addresses.includes(network.destination);
  return isToClient && seen.sourcePort !== undefined && transport.destinationPort === seen.sourcePort;
}

function endpointsOf(
  request: readonly Sighting[],
  known: readonly string[],
  dialled: string | null,
): readonly string[] {
  const seen = request.flatMap(({ packet: { network, transport } }) => {
    if (network?.kind !== "ip" || transport?.kind === "icmp") return [];
    return [[network.destination, String(transport?.destinationPort ?? "?")] as const];
  });
  const tracked = known.map((key) => key.slice(key.indexOf(">") + 1).split(" "));
  const all = [...seen, ...tracked].filter(([address]) => address !== dialled);
  return [...new Set(all.map(([address, port]) => `${address}:${port}`))];
}

function serverOf(
  picture: Picture,
  path: Path | null,
  dialled: string | null,
  endpoints: readonly string[],
): FlowEnd | null {
  const [endpoint] = endpoints;
  if (endpoint !== undefined) return placeOfAddress(picture, endpoint.slice(0, endpoint.lastIndexOf(":")));
  // The replica of the DNS Service that it was for is unknown.
  if (path?.to === "dns" || path?.way === "localhost") return null;
  if (path && path.way !== "podIP" && path.way !== "nodeIP") return placeOfRole(picture, path.to);
  return dialled === null ? null : placeOfAddress(picture, dialled);
}

/** Returns the sightings at a hop. Pure. */
export function seenAt(sightings: readonly Sighting[], hop: Hop): readonly Sighting[] {
  return sightings.filter(
    ({ node, device, carrier }) => node === hop.node && device === hop.device && (carrier !== null) === hop.tunnelled,
  );
}

/** Returns sightings off the flow's route: at another device, or outside the tunnel. Pure. */
export function astray({ hops, request }: Trace): readonly Sighting[] {
  return request.filter(
    (sighting) => sighting.direction !== null && !hops.some((hop) => seenAt([sighting], hop).length > 0),
  );
}

/** Returns the replies that the client's own device saw. Pure. */
export function repliesAtClient({ reply, client }: Trace): readonly Sighting[] {
  if (client.device === null) return [];
  return reply.filter(
    (sighting) => sighting.node === client.node && sighting.device === client.device && !isIncoming(sighting),
  );
}
