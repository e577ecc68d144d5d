import { destinationsOf, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import type { Hop } from "../case/hops.ts";
import type { DeviceFacts } from "../facts/links.ts";
import { unansweredDuring } from "../case/neighbours.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { nodeIpsFor, overlayDeviceFor } from "../case/places.ts";
import { isWithin, routesIn, routeTo, type Route } from "../facts/routes.ts";
import { sightingWords } from "../case/sightings.ts";
import { astray } from "../case/trace.ts";

const FIX = {
  fix: "restart the CNI's agent on that node: it restores routes, neighbours and forwarding entries",
  more: "docs/failure-modes/vxlan-link-down.md",
} as const;

/** The overlay's hop where the flow vanished, with its node's facts. */
interface OverlayHop {
  readonly facts: NodeFacts;
  readonly device: string;
  readonly link: DeviceFacts | undefined;
}

export const overlayRouteGone: WhyRule = {
  name: "overlay-route-gone",
  why: "it never got to the overlay's device, and the route that led there is gone",
  explain: (flowCase) => {
    const at = overlayAt(flowCase, flowCase.loss?.next);
    if (!at || flowCase.loss?.next?.crossing === "out of the tunnel") return [];
    const { facts, device } = at;
    const during = routesIn(facts.text("route"));
    const before = routesIn(facts.textBefore("route") ?? "");
    return destinationsOf(flowCase).flatMap((address): readonly Candidate[] => {
      const was = before.find((route) => route.device === device && isWithin(address, route.prefix));
      const leads = during.some((route) => route.device === device && isWithin(address, route.prefix));
      if (leads || !was) return [];
      return [routeGone(flowCase, at, was, routeTo(during, address))];
    });
  },
};

function routeGone(flowCase: Case, { facts, device }: OverlayHop, was: Route, now: Route | null): Candidate {
  const left = astray(flowCase.trace).find(({ node }) => node === facts.node);
  const instead = now ? `the remaining route is "${now.text}"` : "no route remains";
  const evidence = [`during/${facts.node}/route.txt: gone: ${was.text}; ${instead}`];
  if (left) evidence.push(`${sightingWords(left)}: past the tunnel`);
  return proven(`the route ${was.prefix} by ${device} is gone on ${facts.node}`, evidence, FIX);
}

export const overlayNeighbourGone: WhyRule = {
  name: "overlay-neighbour-gone",
  why:
    "the route by the overlay names a gateway whose hardware address the node does not know: " +
    "its requests get no answer, and the CNI's entry for it is gone",
  explain: (flowCase) => {
    const at = overlayAt(flowCase, flowCase.loss?.next) ?? overlayAt(flowCase, flowCase.loss?.last);
    if (!at) return [];
    const gateway = gatewayOf(flowCase, at);
    const asked = unansweredDuring(flowCase.trace, flowCase.picture).find(
      ({ node, device, address }) => node === at.facts.node && device === at.device && address === gateway,
    );
    const was = neighbourOf(at.facts.textBefore("neighbour") ?? "", at.device, gateway);
    if (gateway === null || !asked || neighbourOf(at.facts.text("neighbour"), at.device, gateway) !== null) return [];
    const baseline = was === null ? "" : ` (baseline ${was})`;
    const cause =
      `${gateway} on ${at.device} of ${at.facts.node} has no hardware address${baseline}: ` +
      "its neighbour entry is gone";
    return [proven(cause, [`${sightingWords(asked.sighting)}: ×${asked.times}, unanswered`], FIX)];
  },
};

export const overlayForwardingGone: WhyRule = {
  name: "overlay-forwarding-gone",
  why:
    "it went into the overlay's device and did not come out in the tunnel: " +
    "the device has no forwarding entry for the hardware address it was sent to",
  explain: (flowCase) => {
    const at = overlayAt(flowCase, flowCase.loss?.last);
    if (!at || flowCase.loss?.next?.tunnelled !== true || flowCase.loss.next.node !== at.facts.node) return [];
    const gateway = gatewayOf(flowCase, at);
    const hardware = neighbourOf(at.facts.text("neighbour"), at.device, gateway);
    const fdb = at.facts.text("fdb");
    if (hardware === null || fdb === "" || hasEntry(fdb, at.device, hardware)) return [];
    const was = neighbourOf(at.facts.textBefore("neighbour") ?? "", at.device, gateway);
    const other = was !== null && was !== hardware ? ` (baseline ${was})` : "";
    const cause =
      other === ""
        ? `${at.device} of ${at.facts.node} has no forwarding entry for ${hardware}, the hardware address of ${gateway}`
        : `${gateway} on ${at.device} of ${at.facts.node} has the hardware address ${hardware}${other}, ` +
          "for which there is no forwarding entry";
    return [proven(cause, [`during/${at.facts.node}/fdb.txt: ${at.device} has no entry for ${hardware}`], FIX)];
  },
};

export const overlayWrongHardware: WhyRule = {
  name: "overlay-wrong-hardware-address",
  why:
    "it came out of the tunnel for a hardware address that the overlay's device does not have, " +
    "so the kernel treats it as another host's packet",
  explain: (flowCase) => {
    const at = overlayAt(flowCase, flowCase.loss?.last);
    const own = at?.link?.address;
    const frames = [...flowCase.trace.request, ...flowCase.trace.reply].filter(
      ({ node, carrier }) => carrier && node === at?.facts.node,
    );
    const frame = frames.find(({ packet: { link } }) => link.kind === "ethernet" && link.destination !== own);
    const isRefused = flowCase.loss?.packets.every(({ direction }) => direction === "other-host") === true;
    if (!at || own === undefined || !frame || !isRefused || frame.packet.link.kind !== "ethernet") return [];
    const was = at.facts.linksBefore.find(({ ifname }) => ifname === at.device)?.address;
    const baseline = was === undefined ? "" : was === own ? " (baseline the same)" : ` (baseline ${was})`;
    const cause =
      `overlay packets to ${at.facts.node} are for ${frame.packet.link.destination}, ` +
      `but its ${at.device} has ${own}${baseline}`;
    return [
      proven(cause, [sightingWords(frame), `during/${at.facts.node}/link.txt: ${at.device} ${own}${baseline}`], FIX),
    ];
  },
};

export const overlaySentElsewhere: WhyRule = {
  name: "overlay-sent-elsewhere",
  why:
    "it had to go through the tunnel, " +
    "and the forwarding entry for it names another address than that of the pod's node",
  explain: (flowCase) => {
    const { loss, picture, trace } = flowCase;
    const dialled = trace.dialled?.address ?? "";
    const overlay = overlayDeviceFor(picture, dialled);
    const facts = loss?.last && loss.next?.tunnelled ? picture.nodes.get(loss.last.node) : undefined;
    const end = loss?.leg === "reply" ? trace.client.node : (trace.server?.node ?? null);
    const far = nodeIpsFor(picture, dialled)[end ?? ""];
    if (!facts || overlay === null || far === undefined || end === facts.node) return [];
    const at = { facts, device: overlay, link: undefined };
    const hardware = neighbourOf(facts.text("neighbour"), overlay, gatewayOf(flowCase, at));
    const entry = facts
      .text("fdb")
      .split("\n")
      .find((line) => hardware !== null && line.startsWith(`${hardware} dev ${overlay} `));
    const to = / dst (\S+)/.exec(entry ?? "")?.[1];
    if (entry === undefined || to === undefined || to === far) return [];
    const cause = `${facts.node} sends overlay packets for ${end} to ${to}, not to ${far}, by its forwarding entry`;
    return [proven(cause, [`during/${facts.node}/fdb.txt: ${entry.trim()}`], FIX)];
  },
};

/** Returns the facts of the overlay's device when a hop is at it, or null. */
function overlayAt({ picture, trace }: Case, hop: Hop | null | undefined): OverlayHop | null {
  const device = overlayDeviceFor(picture, trace.dialled?.address ?? "");
  const facts = hop ? picture.nodes.get(hop.node) : undefined;
  if (!hop || !facts || device === null || hop.device !== device || hop.tunnelled) return null;
  return { facts, device, link: facts.links.find(({ ifname }) => ifname === device) };
}

function gatewayOf(flowCase: Case, { facts, device }: OverlayHop): string | null {
  const routes = routesIn(facts.text("route"));
  const route = destinationsOf(flowCase)
    .map((address) => routeTo(routes, address))
    .find((candidate) => candidate?.device === device);
  return route?.via ?? null;
}

/** Returns the hardware address in a text of `ip neighbour`, or null. */
function neighbourOf(text: string, device: string, address: string | null): string | null {
  const line = text.split("\n").find((one) => address !== null && one.startsWith(`${address} dev ${device} `));
  return / lladdr (\S+)/.exec(line ?? "")?.[1] ?? null;
}

function hasEntry(fdb: string, device: string, hardware: string): boolean {
  const lines = fdb.split("\n").filter((line) => line.includes(` dev ${device} `) && line.includes(" dst "));
  return lines.some((line) => line.startsWith(`${hardware} `) || line.startsWith("00:00:00:00:00:00 "));
}
