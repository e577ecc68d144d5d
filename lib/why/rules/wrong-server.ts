import { likely, proven, type Case, type WhyRule } from "../case/case.ts";
import { placeOfAddress, type Place } from "../case/places.ts";
import { isIncoming } from "../case/sightings.ts";

export const wrongServer: WhyRule = {
  name: "wrong-server",
  why: "it was answered, by another pod than who was asked: where translation led it the capture shows, and the rule that leads there is on the client's node",
  explain: (one) => {
    const { observation, endpoints, dialled } = one.trace;
    if (observation.symptom !== "wrong-server" || observation.tool === "dig") return [];
    const [endpoint] = endpoints;
    const place = endpoint === undefined ? null : placeAt(one, endpoint);
    const pod = endpoint === undefined ? (observation.seen.server ?? null) : (place?.pod ?? null);
    // It came to whom it was for: whatever went wrong, it was not where translation leads.
    if (pod !== null && pod === podAsked(one)) return [];
    const who = pod === null ? (place ? `node ${place.node}` : "nobody we know") : `pod ${pod}`;
    const at = endpoint === undefined ? "" : ` at ${endpoint},`;
    const cause = `${dialled?.address}:${dialled?.port} was answered${at} by ${who}`;
    const facts = one.picture.nodes.get(one.trace.client.node ?? "");
    const rule = facts ? facts.rules.find(({ text }) => endpoint !== undefined && text.includes(endpoint)) : undefined;
    const mend = { fix: "see the Service's endpoints: kubectl get endpointslices", more: null };
    const told = [`the probe: ${observation.detail}`];
    if (!facts || !rule) return [likely(cause, told, mend)];
    return [proven(cause, [...told, `during/${facts.node}/${rule.file}.txt: ${rule.chain}: ${rule.text}`], mend)];
  },
};

export const wrongAnswer: WhyRule = {
  name: "wrong-answer",
  why: "the reply came out of the device of a replica of the cluster's DNS, so it is that replica that says so, and not somebody on the way",
  explain: (one) => {
    const { observation, server, reply } = one.trace;
    if (observation.symptom !== "wrong-server" || observation.tool !== "dig" || !server?.pod?.startsWith("dns"))
      return [];
    const own = reply.find((seen) => seen.node === server.node && seen.device === server.device && isIncoming(seen));
    if (!own) return [];
    const told = [
      `the probe: ${observation.detail}`,
      `${own.node}.pcap: the reply comes out of ${own.device}, of pod ${server.pod}`,
    ];
    return [
      proven(`the cluster's DNS itself gives another answer (pod ${server.pod}): ${observation.detail}`, told, {
        fix: "see what it is configured to answer: kubectl -n kube-system get configmap coredns -o yaml",
        more: null,
      }),
    ];
  },
};

function placeAt({ picture }: Case, endpoint: string): Place | null {
  return placeOfAddress(picture, endpoint.slice(0, endpoint.lastIndexOf(":")));
}

/** The containers of a pod share its address. */
function podAsked({ trace: { path } }: Case): string | null {
  return path?.to === "sidecar" ? "server" : (path?.to ?? null);
}
