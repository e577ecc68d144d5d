import { likely, proven, type Rule } from "../case.ts";
import { placeOfAddress } from "../places.ts";

export const wrongServer: Rule = {
  name: "wrong-server",
  why: "it was answered, by another than who was asked: where translation led it the capture shows, and the rule that leads there is on the client's node",
  explain: ({ trace, picture }) => {
    const { observation, endpoints, dialled } = trace;
    if (observation.symptom !== "wrong-server") return [];
    const [endpoint] = endpoints;
    const end = endpoint ?? `${dialled?.address}:${dialled?.port}`;
    const place = placeOfAddress(picture, end.slice(0, end.lastIndexOf(":")));
    const who = place ? (place.pod ? `pod ${place.pod}` : `node ${place.node}`) : "nobody we know";
    const cause = `${dialled?.address}:${dialled?.port} was answered at ${end}, by ${who}`;
    const facts = picture.nodes.get(trace.client.node ?? "");
    const rule = facts ? facts.rules.find(({ text }) => endpoint !== undefined && text.includes(endpoint)) : undefined;
    const mend = { fix: "see the Service's endpoints: kubectl get endpointslices", more: null };
    const told = [`the probe: ${observation.detail}`];
    if (!facts || !rule) return [likely(cause, told, mend)];
    return [proven(cause, [...told, `during/${facts.node}/${rule.file}.txt: ${rule.chain}: ${rule.text}`], mend)];
  },
};
