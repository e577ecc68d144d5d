import type { Places } from "../../evidence/places.ts";
import { NODES, type NodeName } from "../../model/nodes.ts";
import type { Picture } from "./picture.ts";

/** One end of a flow. */
export interface FlowEnd {
  /** Null for an end outside our nodes. */
  readonly node: string | null;
  /** The role of a pod; null for another end. */
  readonly pod: string | null;
  /** The device by which a pod's packets leave its namespace; null when it is unknown, or for a node itself. */
  readonly device: string | null;
  readonly addresses: readonly string[];
}

const ROLES_ON: Readonly<Record<NodeName, readonly string[]>> = {
  A: ["server", "sidecar", "same", "hostA", "dnsA"],
  B: ["other", "hostB", "dnsB"],
  C: ["third", "hostC"],
};

/** Returns the end that a role's packets come from. Pure. */
export function placeOfRole(picture: Picture, role: string): FlowEnd {
  const node = NODES.find((one) => ROLES_ON[one].includes(role)) ?? null;
  if (node !== null && role === `host${node}`) return placeOfNode(picture, node);
  const pod = role === "sidecar" ? "server" : role;
  const pods = picture.places?.pods as Record<string, { ip: string; secondIp?: string }> | undefined;
  const addresses = [pods?.[pod]?.ip, pods?.[pod]?.secondIp].filter((one) => one !== undefined);
  return { node, pod: node === null ? null : pod, device: deviceOf(picture, node, pod), addresses };
}

/** Returns the owner of an address: a pod or a node; null when it is unknown. Pure. */
export function placeOfAddress(picture: Picture, address: string): FlowEnd | null {
  const pods = Object.entries(picture.places?.pods ?? {});
  const pod = pods.find(([, { ip, secondIp }]) => ip === address || secondIp === address);
  if (pod) return placeOfRole(picture, pod[0]);
  const node = Object.entries(picture.interfaces).find(([, list]) =>
    list.some(({ addresses }) => addresses.includes(address) && !isLoopback(address)),
  );
  if (node) return placeOfNode(picture, node[0]);
  const byIp = Object.entries(nodeIpsFor(picture, address)).find(([, ip]) => ip === address);
  return byIp ? placeOfNode(picture, byIp[0]) : null;
}

function placeOfNode(picture: Picture, node: string): FlowEnd {
  const own = (picture.interfaces[node] ?? []).flatMap(({ addresses }) => addresses);
  const { nodeIps, second } = (picture.places ?? {}) as Partial<Places>;
  const ips = [nodeIps, second?.nodeIps].flatMap((one) => (one as ByNode | undefined)?.[node] ?? []);
  return { node, pod: null, device: null, addresses: [...new Set([...own, ...ips])] };
}

type ByNode = Readonly<Partial<Record<string, string>>>;

/** Returns the nodes' addresses of the same IP family as an address. Pure. */
export function nodeIpsFor({ places }: Picture, address: string): ByNode {
  const ips = isOfSecond(places, address) ? places?.second?.nodeIps : places?.nodeIps;
  return ips ?? {};
}

/** Returns the overlay's device that carries packets to an address; null without an overlay. Pure. */
export function overlayDeviceFor({ places }: Picture, address: string): string | null {
  const overlay = places?.traits.overlay;
  if (!overlay) return null;
  return isOfSecond(places, address) ? (overlay.secondDevice ?? overlay.device) : overlay.device;
}

/** Returns the name of the Service with this address, or null. Pure. */
export function serviceAt({ places }: Picture, address: string): string | null {
  const all = [places?.serviceIps, places?.second?.serviceIps].flatMap((one) => Object.entries(one ?? {}));
  return all.find(([, ip]) => ip === address)?.[0] ?? null;
}

function isOfSecond(places: Places | null, address: string): boolean {
  const [some] = Object.values(places?.second?.nodeIps ?? {});
  return some !== undefined && some.includes(":") === address.includes(":");
}

function deviceOf({ interfaces }: Picture, node: string | null, pod: string): string | null {
  const list = node === null ? [] : (interfaces[node] ?? []);
  return list.find(({ peer }) => peer?.split(" ")[0] === pod)?.name ?? null;
}

/** Returns the device by which a node reaches the others: the one with its address. */
export function uplinkOf({ interfaces, places }: Picture, node: string): string {
  const ip = (places?.nodeIps as Record<string, string> | undefined)?.[node];
  return (interfaces[node] ?? []).find(({ addresses }) => ip !== undefined && addresses.includes(ip))?.name ?? "eth0";
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
