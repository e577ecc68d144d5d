import { likely, proven, type Case, type WhyRule } from "../case/case.ts";
import { placeOfAddress, type FlowEnd } from "../case/places.ts";
import { isIncoming } from "../case/sightings.ts";

export const wrongServer: WhyRule = {
  name: "wrong-server",
  why:
    "another pod than the intended one answered: the capture shows where translation led, " +
    "and the rule that leads there is on the client's node",
  explain: (flowCase) => {
    const { observation, endpoints, dialled } = flowCase.trace;
    if (observation.symptom !== "wrong-server" || observation.tool === "dig") return [];
    const [endpoint] = endpoints;
    const place = endpoint === undefined ? null : placeAt(flowCase, endpoint);
    const pod = endpoint === undefined ? (observation.seen.server ?? null) : (place?.pod ?? null);
    // It reached the right pod: translation is not the cause.
    if (pod !== null && pod === podAsked(flowCase)) return [];
    const who = pod === null ? (place ? `node ${place.node}` : "an unknown server") : `pod ${pod}`;
    const at = endpoint === undefined ? "" : ` at ${endpoint},`;
    const cause = `${dialled?.address}:${dialled?.port} was answered${at} by ${who}`;
    const facts = flowCase.picture.nodes.get(flowCase.trace.client.node ?? "");
    const rule = facts ? facts.rules.find(({ text }) => endpoint !== undefined && text.includes(endpoint)) : undefined;
    const remedy = { fix: "see the Service's endpoints: kubectl get endpointslices", more: null };
    const evidence = [`the probe: ${observation.detail}`];
    if (!facts || !rule) return [likely(cause, evidence, remedy)];
    return [proven(cause, [...evidence, `during/${facts.node}/${rule.file}.txt: ${rule.chain}: ${rule.text}`], remedy)];
  },
};

export const wrongAnswer: WhyRule = {
  name: "wrong-answer",
  why:
    "the reply came out of the device of a replica of the cluster's DNS, " +
    "so that replica gave the answer, not a host on the route",
  explain: (flowCase) => {
    const { observation, server, reply } = flowCase.trace;
    if (observation.symptom !== "wrong-server" || observation.tool !== "dig" || !server?.pod?.startsWith("dns"))
      return [];
    const own = reply.find((seen) => seen.node === server.node && seen.device === server.device && isIncoming(seen));
    if (!own) return [];
    const evidence = [
      `the probe: ${observation.detail}`,
      `${own.node}.pcap: the reply comes out of ${own.device}, of pod ${server.pod}`,
    ];
    return [
      proven(`the cluster's DNS itself gives another answer (pod ${server.pod}): ${observation.detail}`, evidence, {
        fix: "see what it is configured to answer: kubectl -n kube-system get configmap coredns -o yaml",
        more: null,
      }),
    ];
  },
};

function placeAt({ picture }: Case, endpoint: string): FlowEnd | null {
  return placeOfAddress(picture, endpoint.slice(0, endpoint.lastIndexOf(":")));
}

/** Returns the pod of the dialled role; the containers of a pod share its address. */
function podAsked({ trace: { path } }: Case): string | null {
  return path?.to === "sidecar" ? "server" : (path?.to ?? null);
}
