import { proven, type Case, type WhyRule } from "../case/case.ts";
import { reversedHops, type Hop } from "../case/hops.ts";
import { isUp, type DeviceFacts } from "../facts/links.ts";
import { clientAskedInVain } from "../case/neighbours.ts";
import type { NodeFacts } from "../facts/node-facts.ts";

export const deviceDown: WhyRule = {
  name: "device-down",
  why: "it vanished at a device that is down, has no carrier, or is not there",
  explain: (one) =>
    waysOn(one).flatMap((hop) => {
      const facts = one.picture.nodes.get(hop.node);
      const trouble = facts ? troubleOf(facts, hop.device) : null;
      return facts && trouble !== null ? [explained(one, facts, hop.device, trouble)] : [];
    }),
};

/** The hop where it was last seen, and those it still had before it on that node: with a dead end behind it, a bridge itself sees nothing. */
function waysOn({ trace, loss, picture }: Case): readonly Hop[] {
  if (!loss || loss.leg === "answer") return [];
  // A pod that was never heard may never have sent: that says nothing of what is beyond its own device.
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

/** What is wrong with a device; null where nothing is, or nobody knows. */
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
      : "set the device up; what went with it (routes, neighbours) its owner must put back",
    more: isOverlay ? "docs/failure-modes/vxlan-link-down.md" : null,
  });
}
