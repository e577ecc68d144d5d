import type { Picture } from "./picture.ts";
import { overlayDeviceFor, uplinkOf, type FlowEnd } from "./places.ts";

/** The way a packet reaches a hop from the previous one. */
export type Crossing =
  "start" | "bridged" | "routed" | "sent by the node" | "put into the tunnel" | "over the wire" | "out of the tunnel";

/** A device that a request must pass. */
export interface Hop {
  readonly node: string;
  readonly device: string;
  readonly crossing: Crossing;
  /** True when it passes inside the overlay's packet. */
  readonly tunnelled: boolean;
  /**
   * True for a bridge that may not see the packet: bridge netfilter switches a translated packet on without showing it
   * at the bridge.
   */
  readonly optional: boolean;
}

/**
 * Returns the devices between two ends in a request's order, as far as they are known when the server's end is not.
 * `dialled`, an address, decides the IP family: each may have an overlay device of its own. Pure.
 */
export function hopsBetween(picture: Picture, client: FlowEnd, server: FlowEnd | null, dialled = ""): readonly Hop[] {
  const bridge = picture.places?.traits.bridge ?? null;
  const isOneNode = server !== null && client.node !== null && client.node === server.node;
  // A pod's packets to itself do not leave its namespace.
  if (isOneNode && client.pod === server.pod) return [];
  const hops: Hop[] = [];
  const add = (node: string, device: string, crossing: Crossing, more: Partial<Hop> = {}): void => {
    hops.push({ node, device, crossing, tunnelled: false, optional: false, ...more });
  };
  const from = client.pod === null ? "sent by the node" : "routed";
  if (client.node !== null && client.device !== null) add(client.node, client.device, "start");
  if (client.node !== null && client.pod !== null && bridge !== null) {
    add(client.node, bridge, "bridged", { optional: isOneNode });
  }
  if (!server || server.node === null) return hops;
  if (client.node !== server.node)
    addCrossing(picture, { client, server, overlay: overlayDeviceFor(picture, dialled) }, from, add);
  const isRouted = client.node !== server.node;
  if (server.pod !== null && bridge !== null && (isRouted || client.pod === null)) {
    add(server.node, bridge, isRouted ? "routed" : "sent by the node");
  }
  if (server.device !== null) add(server.node, server.device, bridge === null ? "routed" : "bridged");
  return hops;
}

function addCrossing(
  picture: Picture,
  { client, server, overlay }: { readonly client: FlowEnd; readonly server: FlowEnd; readonly overlay: string | null },
  from: Crossing,
  add: (node: string, device: string, crossing: Crossing, more?: Partial<Hop>) => void,
): void {
  const node = server.node ?? "";
  const inTunnel = overlay !== null && client.node !== null && server.pod !== null;
  if (client.node !== null && inTunnel) add(client.node, overlay, from);
  if (client.node !== null) {
    add(client.node, uplinkOf(picture, client.node), inTunnel ? "put into the tunnel" : from, { tunnelled: inTunnel });
  }
  add(node, uplinkOf(picture, node), "over the wire", { tunnelled: inTunnel });
  if (inTunnel) add(node, overlay, "out of the tunnel");
}

/** Returns the same devices in a reply's order, with the crossings of the reply. Pure. */
export function reversedHops(hops: readonly Hop[]): readonly Hop[] {
  return hops.map((hop, index) => ({ ...hop, crossing: back(hops[index + 1]?.crossing) })).reverse();
}

const BACK: Readonly<Partial<Record<Crossing, Crossing>>> = {
  "put into the tunnel": "out of the tunnel",
  "out of the tunnel": "put into the tunnel",
  "sent by the node": "routed",
};

function back(crossing: Crossing | undefined): Crossing {
  return crossing === undefined ? "start" : (BACK[crossing] ?? crossing);
}

/** Returns a hop in words: `flannel.1 of A`. */
export function hopWords({ node, device, tunnelled }: Hop): string {
  return `${device} of ${node}${tunnelled ? " (in the tunnel)" : ""}`;
}
