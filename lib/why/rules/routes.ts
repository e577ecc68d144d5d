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
  why:
    "the node asked for the address by ARP on a link that does not lead there, without an answer, " +
    "and one of its routes says that the address is on that link",
  explain: (flowCase) => {
    const addresses = destinationsOf(flowCase);
    return unansweredDuring(flowCase.trace, flowCase.picture).flatMap((asked): readonly Candidate[] => {
      const facts = flowCase.picture.nodes.get(asked.node);
      const route = facts ? routeTo(routesIn(facts.text("route")), asked.address) : null;
      if (!facts || !addresses.includes(asked.address) || route?.device !== asked.device || route.via !== null)
        return [];
      return isOnTheWay(flowCase, asked) ? [noAnswerOn(asked)] : [onWrongLink(facts, route, asked)];
    });
  },
};

function isOnTheWay({ trace, picture }: Case, { node, device }: Unanswered): boolean {
  const bridge = picture.places?.traits.bridge;
  return device === bridge || trace.hops.some((hop) => hop.node === node && hop.device === device && !hop.tunnelled);
}

function onWrongLink(facts: NodeFacts, route: Route, asked: Unanswered): Candidate {
  const { node } = facts;
  const by = `route "${route.text}"${sinceBaseline(facts, route)}`;
  const cause =
    `${node} takes ${asked.address} for a neighbour on ${asked.device}, by ${by}: ` + "ARP who-has there is unanswered";
  const evidence = [
    `${sightingWords(asked.sighting)}: ×${asked.times}, unanswered`,
    `during/${node}/route.txt: ${route.text}`,
  ];
  return proven(cause, evidence, {
    fix: "remove the route; give the cluster a pod CIDR that no network of the nodes overlaps",
    more: "docs/failure-modes/pod-cidr-overlap.md",
  });
}

/** Returns the candidate for the right link without an answer on it. */
function noAnswerOn({ node, device, address, times, sighting }: Unanswered): Candidate {
  const evidence = [`${sightingWords(sighting)}: ×${times}, unanswered`];
  const cause = `no host on ${device} of ${node} answers for ${address}`;
  return likely(cause, evidence, { fix: null, more: null }, SCORE.captureAlone);
}

function sinceBaseline({ textBefore }: NodeFacts, route: Route): string {
  const before = textBefore("route");
  return before === null || before.includes(route.text) ? "" : " (not in the baseline)";
}

const SINKS = ["blackhole", "unreachable", "prohibit"];

export const sinkRoute: WhyRule = {
  name: "route-to-nowhere",
  why: "the node had to route it, and its route for the address discards packets",
  explain: (flowCase) => {
    const facts =
      flowCase.refusal?.by.kind === "node" ? flowCase.picture.nodes.get(flowCase.refusal.node) : flowCase.lossNode;
    if (!facts || !wasToBeRouted(flowCase)) return [];
    const routes = routesIn(facts.text("route"));
    const candidates = destinationsOf(flowCase).map((address) => routeTo(routes, address));
    const route = candidates.find((each) => each && SINKS.includes(each.type));
    if (!route) return [];
    const by = `route "${route.text}"${sinceBaseline(facts, route)}`;
    const cause = `${facts.node} discards packets for ${route.prefix}: ${by}`;
    return [proven(cause, [`during/${facts.node}/route.txt: ${route.text}`], { fix: "remove the route", more: null })];
  },
};

export const otherRoute: WhyRule = {
  name: "other-route",
  why: "it left by another device than the right one for the address, by a route that is not in the baseline",
  explain: (flowCase) => {
    const left = astray(flowCase.trace).find(({ direction, carrier }) => direction === "out" && carrier === null);
    const facts = left ? flowCase.picture.nodes.get(left.node) : undefined;
    if (!left || !facts?.hasBaseline) return [];
    const [during, before] = [routesIn(facts.text("route")), routesIn(facts.textBefore("route") ?? "")];
    return destinationsOf(flowCase).flatMap((address): readonly Candidate[] => {
      const route = routeTo(during, address);
      const isNew = route !== null && !before.some(({ text }) => text === route.text);
      if (!isNew || route.device !== left.device || !isWithin(address, route.prefix)) return [];
      const cause = `${facts.node} sends ${address} by ${left.device}: route "${route.text}" (not in the baseline)`;
      const evidence = [sightingWords(left), `during/${facts.node}/route.txt: ${route.text}`];
      return [proven(cause, evidence, { fix: "remove the route", more: null })];
    });
  },
};

function wasToBeRouted(flowCase: Case): boolean {
  const { loss, refusal } = flowCase;
  return isToBeForwarded(flowCase) || loss?.next?.crossing === "sent by the node" || refusal?.by.kind === "node";
}
