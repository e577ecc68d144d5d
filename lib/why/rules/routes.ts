import {
  destinationsOf,
  isToBeForwarded,
  likely,
  proven,
  SCORE,
  type Candidate,
  type Case,
  type WhyRule,
} from "../case/case.ts";
import { unansweredDuring, type Unanswered } from "../case/neighbours.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { isWithin, routesIn, routeTo, type Route } from "../facts/routes.ts";
import { sightingWords } from "../case/sightings.ts";
import { astray } from "../case/trace.ts";

export const wrongLink: WhyRule = {
  name: "address-on-the-wrong-link",
  why: "the node asked for the address by ARP on a link that does not lead there, in vain, and a route of its says that the address is on that link",
  explain: (one) => {
    const addresses = destinationsOf(one);
    return unansweredDuring(one.trace, one.picture).flatMap((asked): readonly Candidate[] => {
      const facts = one.picture.nodes.get(asked.node);
      const route = facts ? routeTo(routesIn(facts.text("route")), asked.address) : null;
      if (!facts || !addresses.includes(asked.address) || route?.device !== asked.device || route.via !== null)
        return [];
      return isOnTheWay(one, asked) ? [nobodyThere(asked)] : [onWrongLink(facts, route, asked)];
    });
  },
};

function isOnTheWay({ trace, picture }: Case, { node, device }: Unanswered): boolean {
  const bridge = picture.places?.traits.bridge;
  return device === bridge || trace.hops.some((hop) => hop.node === node && hop.device === device && !hop.tunnelled);
}

function onWrongLink(facts: NodeFacts, route: Route, asked: Unanswered): Candidate {
  const { node } = facts;
  const cause = `${node} takes ${asked.address} for a neighbour on ${asked.device}, by route "${route.text}"${sinceBaseline(facts, route)}: ARP who-has there is unanswered`;
  const evidence = [
    `${sightingWords(asked.sighting)}: ×${asked.times}, unanswered`,
    `during/${node}/route.txt: ${route.text}`,
  ];
  return proven(cause, evidence, {
    fix: "remove the route; give the cluster a pod CIDR that no network of the nodes overlaps",
    more: "docs/failure-modes/pod-cidr-overlap.md",
  });
}

/** The right link, and nobody there says that it is his. */
function nobodyThere({ node, device, address, times, sighting }: Unanswered): Candidate {
  const evidence = [`${sightingWords(sighting)}: ×${times}, unanswered`];
  const cause = `nobody on ${device} of ${node} answers for ${address}`;
  return likely(cause, evidence, { fix: null, more: null }, SCORE.captureAlone);
}

function sinceBaseline({ textBefore }: NodeFacts, route: Route): string {
  const before = textBefore("route");
  return before === null || before.includes(route.text) ? "" : " (not in the baseline)";
}

const SINKS = ["blackhole", "unreachable", "prohibit"];

export const sinkRoute: WhyRule = {
  name: "route-to-nowhere",
  why: "the node was to route it, and the route it has for the address is one that throws away",
  explain: (one) => {
    const facts = one.refusal?.by.kind === "node" ? one.picture.nodes.get(one.refusal.node) : one.lossNode;
    if (!facts || !wasToBeRouted(one)) return [];
    const routes = routesIn(facts.text("route"));
    const found = destinationsOf(one).map((address) => routeTo(routes, address));
    const route = found.find((each) => each && SINKS.includes(each.type));
    if (!route) return [];
    const cause = `${facts.node} throws away what is for ${route.prefix}: route "${route.text}"${sinceBaseline(facts, route)}`;
    return [proven(cause, [`during/${facts.node}/route.txt: ${route.text}`], { fix: "remove the route", more: null })];
  },
};

export const otherRoute: WhyRule = {
  name: "other-route",
  why: "it left by another device than the way to the address has, and a route that is not in the baseline says so",
  explain: (one) => {
    const left = astray(one.trace).find(({ direction, carrier }) => direction === "out" && carrier === null);
    const facts = left ? one.picture.nodes.get(left.node) : undefined;
    if (!left || !facts?.hasBaseline) return [];
    const [during, before] = [routesIn(facts.text("route")), routesIn(facts.textBefore("route") ?? "")];
    return destinationsOf(one).flatMap((address): readonly Candidate[] => {
      const route = routeTo(during, address);
      const isNew = route !== null && !before.some(({ text }) => text === route.text);
      if (!isNew || route.device !== left.device || !isWithin(address, route.prefix)) return [];
      const cause = `${facts.node} sends ${address} by ${left.device}: route "${route.text}" (not in the baseline)`;
      const evidence = [sightingWords(left), `during/${facts.node}/route.txt: ${route.text}`];
      return [proven(cause, evidence, { fix: "remove the route", more: null })];
    });
  },
};

function wasToBeRouted(one: Case): boolean {
  const { loss, refusal } = one;
  return isToBeForwarded(one) || loss?.next?.crossing === "sent by the node" || refusal?.by.kind === "node";
}
