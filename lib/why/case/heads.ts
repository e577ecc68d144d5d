import type { Packet } from "../../evidence/pcap/packet.ts";
import { destinationsOf, type Case } from "./case.ts";
import { nodeIpsFor } from "./places.ts";

/** An unseen port: a rule about any port may match it. */
export const ANY_PORT = "any";

/** The fields of a packet that a firewall rule can match. */
export interface Head {
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  readonly sourcePort: number | null | typeof ANY_PORT;
  readonly destinationPort: number | null | typeof ANY_PORT;
}

/** Returns the heads of a lost packet: those seen, those possible after translation, and those of its carrier. Pure. */
export function headsOf(flowCase: Case): readonly Head[] {
  const seen = (flowCase.loss?.packets ?? []).flatMap(({ packet, carrier }) => [packet, carrier]);
  const heads = seen.flatMap((packet) => (packet ? (headOf(packet) ?? []) : []));
  const all = [...heads, ...translated(flowCase, heads), ...carriers(flowCase)];
  return [...new Map(all.map((head) => [JSON.stringify(head), head])).values()];
}

/** Returns the head of a packet; null when it is not IP. Pure. */
export function headOf({ network, transport }: Packet): Head | null {
  if (network?.kind !== "ip") return null;
  const { source, destination } = network;
  const ports = transport && transport.kind !== "icmp" ? transport : null;
  return {
    source,
    destination,
    protocol: transport?.kind ?? "other",
    sourcePort: ports?.sourcePort ?? null,
    destinationPort: ports?.destinationPort ?? null,
  };
}

/** Returns the head of the tunnel packet that should have carried the flow and was not seen. */
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

/**
 * Returns heads for every possible destination at that point; without a capture of the packet, only these are known.
 */
function translated(flowCase: Case, seen: readonly Head[]): readonly Head[] {
  if (flowCase.loss?.leg === "reply") return [];
  const { observation, client } = flowCase.trace;
  const protocol = PROTOCOLS[observation.tool];
  const port = observation.seen.sourcePort;
  const first = seen.find((head) => head.protocol === protocol);
  // After translation the packet no longer has the dialled address.
  const dialled = flowCase.trace.endpoints.length > 0 ? flowCase.trace.dialled?.address : undefined;
  const destinations = destinationsOf(flowCase).filter((address) => address !== dialled);
  const sources = first ? [first.source] : client.addresses;
  return sources.flatMap((source) =>
    destinations.map((destination): Head => {
      const sourcePort = protocol === "icmp" ? null : (port ?? ANY_PORT);
      return { source, destination, protocol, sourcePort, destinationPort: protocol === "icmp" ? null : ANY_PORT };
    }),
  );
}
