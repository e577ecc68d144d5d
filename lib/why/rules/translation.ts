import { likely, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { unansweredDuring } from "../case/neighbours.ts";
import { placeOfAddress, serviceAt } from "../case/places.ts";
import { sightingWords } from "../case/sightings.ts";

export const serviceNotTranslated: WhyRule = {
  name: "service-not-translated",
  why:
    "a packet to a Service's address still had it when it left the client's node, " +
    "and the rules there that translate it are gone",
  explain: (flowCase) => {
    const { trace, picture } = flowCase;
    const address = trace.dialled?.address ?? "";
    const isService = serviceAt(picture, address) !== null;
    const facts = picture.nodes.get(trace.client.node ?? "");
    if (!isService || !facts?.hasBaseline || trace.endpoints.length > 0 || flowCase.refusal) return [];
    const gone = neededRules(flowCase, facts);
    const out = trace.request.find(({ direction, node }) => direction === "out" && node === facts.node);
    if (gone.length === 0 || !out) return [];
    const evidence = [sightingWords(out), ...gone.map((rule) => `during/${facts.node}: gone: ${rule}`)];
    const cause = `nothing on ${facts.node} translates ${address} to an endpoint: ${gone[0]} is gone`;
    return [proven(cause, evidence, { fix: "restart kube-proxy on that node: it rewrites its rules", more: null })];
  },
};

/**
 * Returns the missing rules of those that lead the address to its endpoints: the jump to KUBE-SERVICES, and the
 * Service's own.
 */
function neededRules({ trace }: Case, facts: NodeFacts): readonly string[] {
  const hook = trace.client.pod === null ? "OUTPUT" : "PREROUTING";
  const needed = facts.rulesBefore.filter(
    ({ table, chain, text }) =>
      table === "nat" &&
      ((chain === hook && /-j KUBE-SERVICES/.test(text)) ||
        (chain === "KUBE-SERVICES" &&
          text.includes(`-d ${trace.dialled?.address}/`) &&
          isAboutPort(text, trace.dialled?.port ?? null))),
  );
  const left = new Set(facts.rules.map(({ file, table, chain, text }) => `${file} ${table} ${chain} ${text}`));
  const gone = needed.filter(({ file, table, chain, text }) => !left.has(`${file} ${table} ${chain} ${text}`));
  return gone.map(({ file, chain, text }) => `"-A ${chain} ${text}" (${file})`);
}

function isAboutPort(text: string, port: number | null): boolean {
  return port !== null && new RegExp(`--dport ${port}\\b`).test(text);
}

export const endpointWithoutOwner: WhyRule = {
  name: "endpoint-without-owner",
  why:
    "a packet to a Service was translated to an address of no known pod, by a rule of this node, " +
    "and no host answered for it",
  explain: (flowCase) =>
    unansweredDuring(flowCase.trace, flowCase.picture).flatMap((asked): readonly Candidate[] => {
      const client = flowCase.picture.nodes.get(flowCase.trace.client.node ?? asked.node);
      const rule = client?.rules.find(({ text }) => endpointIn(text).startsWith(`${asked.address}:`));
      const endpoint = endpointIn(rule?.text ?? "");
      const known = flowCase.trace.endpoints;
      const isOurs = known.length === 0 ? flowCase.trace.path?.way !== "podIP" : known.includes(endpoint);
      if (!client || !rule || !isOurs || placeOfAddress(flowCase.picture, asked.address) !== null) return [];
      const dialled = flowCase.trace.dialled?.address;
      const cause = `${dialled} leads to ${endpoint}, an address without an owner, by a rule on ${client.node}`;
      const evidence = [
        `${sightingWords(asked.sighting)}: ×${asked.times}, unanswered`,
        `during/${client.node}/${rule.file}.txt: ${rule.chain}: ${rule.text}`,
      ];
      const remedy = {
        fix: "see the Service's endpoints (kubectl get endpointslices), and check that kube-proxy runs",
        more: null,
      };
      // When no device saw the translated packet, the rule may be another Service's.
      return [known.length > 0 ? proven(cause, evidence, remedy) : likely(cause, evidence, remedy)];
    }),
};

/**
 * Returns the endpoint of a translating rule as traces write it: `10.244.1.2:8080`, or `fd00::2:8080` for
 * `[fd00::2]:8080`; empty for other rules.
 */
function endpointIn(rule: string): string {
  return / --to-destination (\S+)/.exec(rule)?.[1]?.replace(/[[\]]/g, "") ?? "";
}

export const masqueradeMissing: WhyRule = {
  name: "masquerade-missing",
  why:
    "a packet to a destination outside the pods left the node outside the tunnel with a pod's own address as source, " +
    "and a rule that masquerades is gone",
  explain: ({ trace, picture }): readonly Candidate[] => {
    const pods = Object.values(picture.places?.pods ?? {}).flatMap(({ ip, secondIp = ip }) => [ip, secondIp]);
    const { overlay, bridge } = picture.places?.traits ?? {};
    const left = trace.request.find(({ packet: { network }, direction, carrier, device }) => {
      const isUplink = ![overlay?.device, overlay?.secondDevice, bridge].includes(device);
      const isPods = network?.kind === "ip" && pods.includes(network.source) && !pods.includes(network.destination);
      return direction === "out" && carrier === null && isUplink && isPods;
    });
    const facts = left && left.peer === null ? picture.nodes.get(left.node) : undefined;
    const gone = facts?.changes.find(({ kind, was }) => kind === "gone" && /MASQUERADE|masquerade/.test(was ?? ""));
    if (!left || !facts || !gone) return [];
    const cause = `nothing on ${facts.node} masquerades what its pods send out of the cluster: "${gone.was}" is gone`;
    const evidence = [sightingWords(left), `during/${facts.node}: ${gone.section} ${gone.scope} gone: ${gone.was}`];
    return [proven(cause, evidence, { fix: "restart the CNI's agent: it rewrites its rule", more: null })];
  },
};
