import { proven, type Case, type WhyRule } from "../case/case.ts";
import { reversedHops, type Hop } from "../case/hops.ts";
import { isUp, type DeviceFacts } from "../facts/links.ts";
import { clientAskedInVain } from "../case/neighbours.ts";
import type { NodeFacts } from "../facts/node-facts.ts";

export const deviceDown: WhyRule = {
  name: "device-down",
  why: "it vanished at a device that is down, has no carrier, or is missing",
  explain: (flowCase) =>
    waysOn(flowCase).flatMap((hop) => {
      const facts = flowCase.picture.nodes.get(hop.node);
      const trouble = facts ? troubleOf(facts, hop.device) : null;
      return facts && trouble !== null ? [explained(flowCase, facts, hop.device, trouble)] : [];
    }),
};

/**
 * Returns the hop where it was last seen, and the remaining hops on that node: a bridge whose exit is dead sees nothing
 * itself.
 */
function waysOn({ trace, loss, picture }: Case): readonly Hop[] {
  if (!loss || loss.leg === "answer") return [];
  // A pod without any sighting may never have sent: that says nothing about devices beyond its own.
  const isUnheard = loss.last === null && trace.client.pod !== null && !clientAskedInVain(trace, picture);
  if (isUnheard) return loss.next ? [loss.next] : [];
  const hops = loss.leg === "request" ? trace.hops : reversedHops(trace.hops);
  const from = loss.last ? hops.findIndex((hop) => isSame(hop, loss.last)) + 1 : 0;
  const rest = hops.slice(from);
  const left = rest.findIndex(({ node }) => node !== loss.next?.node);
  return [...(loss.last ? [loss.last] : []), ...rest.slice(0, left === -1 ? undefined : left)];
}

function isSame(a: Hop, b: Hop | null): boolean {
  return a.node === b?.node && a.device === b.device && a.tunnelled === b.tunnelled;
}

/** Returns a device's problem, or null. */
function troubleOf({ links, linksBefore }: NodeFacts, device: string): string | null {
  if (links.length === 0) return null;
  const link = links.find(({ ifname }) => ifname === device);
  const was = linksBefore.find(({ ifname }) => ifname === device);
  const baseline = was ? ` (baseline ${stateOf(was)})` : "";
  if (!link) return `is not there${baseline}`;
  return stateOf(link) === "up" ? null : `${stateOf(link) === "down" ? "is down" : "has no carrier"}${baseline}`;
}

function stateOf(link: DeviceFacts): "up" | "down" | "without carrier" {
  if (!isUp(link)) return "down";
  return link.flags.includes("LOWER_UP") ? "up" : "without carrier";
}

function explained({ picture }: Case, { node }: NodeFacts, device: string, trouble: string): ReturnType<typeof proven> {
  const { overlay } = picture.places?.traits ?? {};
  const isOverlay = [overlay?.device, overlay?.secondDevice].includes(device);
  const peer = (picture.interfaces[node] ?? []).find(({ name }) => name === device)?.peer?.split(" ")[0];
  const of = isOverlay ? ", the overlay's device," : peer ? `, the device of pod ${peer},` : "";
  const evidence = [`during/${node}/link.txt: ${device} ${trouble}`];
  return proven(`${device}${of} ${trouble} on ${node}`, evidence, {
    fix: isOverlay
      ? "set it up and restart the CNI's agent on that node: its routes and neighbours went with it"
      : "set the device up; its owner must restore the routes and neighbours that went with it",
    more: isOverlay ? "docs/failure-modes/vxlan-link-down.md" : null,
  });
}
