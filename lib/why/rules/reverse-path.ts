import { againstBaseline, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { roseBy } from "../facts/counters.ts";
import { ingressOf } from "../case/loss.ts";
import { sysctlName, sysctlOf, type NodeFacts } from "../facts/node-facts.ts";
import { routesIn, routeTo } from "../facts/routes.ts";

export const reversePath: WhyRule = {
  name: "reverse-path-filter",
  why:
    "it came in by a device that the route back to its sender does not use, " +
    "the filter is on there, and the kernel counted the packets that it discarded for that",
  explain: (flowCase) => (flowCase.lossNode && !flowCase.refusal ? explained(flowCase, flowCase.lossNode) : []),
};

function explained({ loss }: Case, facts: NodeFacts): readonly Candidate[] {
  const device = loss ? ingressOf(loss) : null;
  const packet = loss?.packets.find(({ direction }) => direction !== "out");
  const head = packet?.carrier ? null : packet?.packet.network;
  if (!device || head?.kind !== "ip") return [];
  // The stricter of both applies (kernel Documentation/networking/ip-sysctl.rst).
  const [path] = [`ipv4/conf/${device}/rp_filter`, "ipv4/conf/all/rp_filter"].sort(
    (a, b) => Number(sysctlOf(facts, b).is) - Number(sysctlOf(facts, a).is),
  );
  const value = sysctlOf(facts, path ?? "");
  const back = routeTo(routesIn(facts.text("route")), head.source);
  const isDiscarded = (value.is === "1" && back?.device !== device) || (value.is === "2" && back === null);
  const rose = roseBy(facts, "TcpExtIPReversePathFilter");
  if (!isDiscarded || rose === null || rose < (loss?.packets.length ?? 1)) return [];
  const setting = `${sysctlName(path ?? "")} is ${value.is} on ${facts.node}${againstBaseline(value)}`;
  const cause =
    `${setting}: packets from ${head.source} by ${device} are discarded, ` +
    `since the route back is ${back ? `by ${back.device}` : "missing"}`;
  const evidence = [
    `during/${facts.node}/nstat.txt: TcpExtIPReversePathFilter rose by ${rose}`,
    `during/${facts.node}/route.txt: ${back?.text ?? `no route to ${head.source}`}`,
  ];
  const remedy = { fix: "set it to 2 (loose) or 0, or make the route back the same", more: null };
  return [{ ...proven(cause, evidence, remedy), same: `${setting} ${device}` }];
}
