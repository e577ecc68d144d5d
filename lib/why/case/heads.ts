import type { Packet } from "../../evidence/pcap/packet.ts";
import { destinationsOf, type Case } from "./case.ts";
import { nodeIpsFor } from "./places.ts";

/** A port that nobody saw: a rule that asks for one may be about it. */
export const ANY_PORT = "any";

/** What a firewall rule can look at. */
export interface Head {
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  readonly sourcePort: number | null | typeof ANY_PORT;
  readonly destinationPort: number | null | typeof ANY_PORT;
}

/** The heads that a lost packet had, may have had after translation, and that of what carried it. Pure. */
export function headsOf(one: Case): readonly Head[] {
  const seen = (one.loss?.packets ?? []).flatMap(({ packet, carrier }) => [packet, carrier]);
  const heads = seen.flatMap((packet) => (packet ? (headOf(packet) ?? []) : []));
  const all = [...heads, ...translated(one, heads), ...carriers(one)];
  return [...new Map(all.map((head) => [JSON.stringify(head), head])).values()];
}

/** The head of a packet; null for what is no IP. Pure. */
export function headOf({ network, transport }: Packet): Head | null {
  if (network?.kind !== "ip") return null;
  const { source, destination } = network;
  const ports = transport && transport.kind !== "icmp" ? transport : null;
  return {
    ...{ source, destination, protocol: transport?.kind ?? "other" },
    sourcePort: ports?.sourcePort ?? null,
    destinationPort: ports?.destinationPort ?? null,
  };
}

/** Of what was to be put into the tunnel and was not seen there: what would have carried it. */
function carriers({ loss, picture, trace }: Case): readonly Head[] {
  const port = picture.places?.traits.overlay?.udpPort;
  const ips = nodeIpsFor(picture, trace.dialled?.address ?? "");
  if (!loss?.next?.tunnelled || loss.last?.tunnelled || port === undefined) return [];
  const far = loss.leg === "reply" ? trace.client.node : trace.server?.node;
  const [source, destination] = [ips[loss.next.node], ips[far ?? ""]];
  if (source === undefined || destination === undefined) return [];
  return [{ source, destination, protocol: "udp", sourcePort: ANY_PORT, destinationPort: port }];
}

const PROTOCOLS = { curl: "tcp", dig: "udp", ping: "icmp" } as const;

/** To all addresses that it may have been for by then; of what no capture saw, only that is known. */
function translated(one: Case, seen: readonly Head[]): readonly Head[] {
  if (one.loss?.leg === "reply") return [];
  const { observation, client } = one.trace;
  const protocol = PROTOCOLS[observation.tool];
  const port = observation.seen.sourcePort;
  const first = seen.find((head) => head.protocol === protocol);
  // Once translated it is not for the address that was dialled any more.
  const gone = one.trace.endpoints.length > 0 ? one.trace.dialled?.address : undefined;
  const destinations = destinationsOf(one).filter((address) => address !== gone);
  const sources = first ? [first.source] : client.addresses;
  return sources.flatMap((source) =>
    destinations.map((destination): Head => {
      const sourcePort = protocol === "icmp" ? null : (port ?? ANY_PORT);
      return { source, destination, protocol, sourcePort, destinationPort: protocol === "icmp" ? null : ANY_PORT };
    }),
  );
}
