import { z } from "zod";
import type { Interface } from "../../evidence/interfaces.ts";
import type { Places } from "../../evidence/places.ts";
import { NODE_ROLES } from "../../model/nodes.ts";
import { nodeFacts, type NodeFacts } from "../facts/node-facts.ts";
import type { EvidenceFiles } from "../facts/read-evidence.ts";
import { sightingsOf, type Sighting } from "./sightings.ts";

/** A scenario's parsed evidence: the packets seen, and the state of each node's network. */
export interface Picture {
  /** Null when the evidence does not name the owners of addresses. */
  readonly places: Places | null;
  readonly interfaces: Readonly<Record<string, readonly Interface[]>>;
  /** Nodes with a complete capture: a packet missing from it did not pass there. */
  readonly captured: ReadonlySet<string>;
  /** Sorted by time. */
  readonly sightings: readonly Sighting[];
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /** Missing or damaged evidence, one line each; its content is unknown. */
  readonly lacking: readonly string[];
}

const NODE = z.enum(NODE_ROLES);

const placesSchema = z.looseObject({
  traits: z.looseObject({
    bridge: z.string().nullable(),
    overlay: z.looseObject({ device: z.string(), secondDevice: z.string().optional(), udpPort: z.number() }).nullable(),
  }),
  nodeIps: z.partialRecord(NODE, z.string()),
  serviceIps: z.record(z.string(), z.string()),
  second: z
    .object({ nodeIps: z.partialRecord(NODE, z.string()), serviceIps: z.record(z.string(), z.string()) })
    .optional(),
  nodePort: z.number(),
  pods: z.record(z.string(), z.object({ name: z.string(), ip: z.string(), secondIp: z.string().optional() })),
});

const interfacesSchema = z.partialRecord(
  NODE,
  z.array(
    z.object({
      index: z.number(),
      name: z.string(),
      kind: z.string().nullable(),
      master: z.string().nullable(),
      addresses: z.array(z.string()),
      mtu: z.number(),
      peer: z.string().nullable(),
    }),
  ),
);

/** Parses the evidence. Never throws: damage is listed in `lacking`. Pure. */
export function pictureOf(files: EvidenceFiles): Picture {
  const lacking = [...files.lacking];
  const places = jsonOf(files, "where.json", placesSchema, lacking) as Places | null;
  const interfaces: Picture["interfaces"] = jsonOf(files, "interfaces.json", interfacesSchema, lacking) ?? {};
  const names = NODE_ROLES.filter((node) => files.captures.has(node) || hasState(files, node));
  if (files.captures.size === 0) lacking.push("no capture: the place where packets vanished is unknown");
  lacking.push(...(indexOf(files)?.trouble ?? []));
  const captured = new Set<string>();
  const sightings = [...files.captures].flatMap(([node, bytes]) => {
    const { found, problem } = sightingsOf(node, bytes, interfaces[node] ?? []);
    const trouble = problem ?? (isFull(files, node) ? "it was full, later packets are missing" : null);
    if (trouble === null) captured.add(node);
    else lacking.push(`${node}.pcap: ${trouble}`);
    return found;
  });
  const nodes = new Map(names.map((node) => [node, nodeFacts(files, node, lacking)]));
  return { places, interfaces, captured, sightings: sightings.sort((a, b) => a.atMs - b.atMs), nodes, lacking };
}

function hasState({ texts }: EvidenceFiles, node: string): boolean {
  return [...texts.keys()].some((path) => path.startsWith(`during/${node}/`));
}

/** Returns true when the index says that the capture reached its limit. */
function isFull(files: EvidenceFiles, node: string): boolean {
  return indexOf(files)?.captures?.some((one) => one.node === node && one.counts.cut) === true;
}

function indexOf({ texts }: EvidenceFiles): z.infer<typeof indexSchema> | null {
  try {
    return indexSchema.parse(JSON.parse(texts.get("index.json") ?? "{}"));
  } catch {
    return null;
  }
}

const indexSchema = z.looseObject({
  captures: z.array(z.looseObject({ node: z.string(), counts: z.looseObject({ cut: z.boolean() }) })).optional(),
  trouble: z.array(z.string()).optional(),
});

function jsonOf<T>({ texts }: EvidenceFiles, name: string, schema: z.ZodType<T>, lacking: string[]): T | null {
  const text = texts.get(name);
  if (text === undefined) lacking.push(`${name}: missing`);
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    lacking.push(`${name}: damaged`);
    return null;
  }
}
