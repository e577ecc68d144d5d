import { z } from "zod";
import { UndecidedError } from "../../lib/host/errors.ts";

/** The facts behind a CNI's traits on a node. Plain data. */
export interface TraitFacts {
  readonly links: readonly NodeLink[];
  /** The MTU of the default route's device; null without a default route. */
  readonly uplinkMtuBytes: number | null;
  readonly pods: readonly PodLink[];
  /** Devices with BPF programs that tc runs; programs in tcx or netkit are not visible. */
  readonly bpfDevices: ReadonlySet<string>;
  /** The kernel's tracked connections to the Service's address: the client, and the address that answered. */
  readonly connections: readonly { readonly from: string; readonly answeredBy: string }[];
  /** The rules of iptables' INPUT and FORWARD, as iptables-save prints them. */
  readonly rules: readonly string[];
}

/** A network device of a node. */
export interface NodeLink {
  readonly index: number;
  readonly name: string;
  readonly kind: string | null;
  readonly master: string | null;
  readonly mtuBytes: number;
  readonly tunnel: { readonly udpPort: number; readonly isExternal: boolean } | null;
}

/** A pod's own interface, and its other end on the node. */
export interface PodLink {
  readonly mtuBytes: number;
  readonly host: NodeLink | null;
}

const linkSchema = z.array(
  z.looseObject({
    ifindex: z.number(),
    ifname: z.string(),
    mtu: z.number(),
    master: z.string().optional(),
    link_index: z.number().optional(),
    linkinfo: z
      .looseObject({
        info_kind: z.string().optional(),
        info_data: z.looseObject({ port: z.number().optional(), external: z.boolean().optional() }).optional(),
      })
      .optional(),
  }),
);
type Printed = z.infer<typeof linkSchema>[number];

const routeSchema = z.array(z.looseObject({ dev: z.string().optional() }));

/** Parses the output of node-facts.sh. Throws UndecidedError when it is incomplete. Pure. */
export function nodeFacts(printed: string): TraitFacts {
  const sections = sectionsOf(printed);
  const lines = (name: string) => sections.get(name) ?? [];
  const links = jsonLines(lines("links"), linkSchema).map(linkOf);
  const [uplink] = jsonLines(lines("uplink"), routeSchema).map(({ dev }) => dev);
  return {
    links,
    uplinkMtuBytes: links.find(({ name }) => name === uplink)?.mtuBytes ?? null,
    pods: lines("pods").flatMap((line) => podLinks(linkSchema.parse(JSON.parse(line)), links)),
    bpfDevices: new Set(lines("bpf")),
    connections: lines("connections").flatMap(connection),
    rules: lines("rules").filter((line) => line.startsWith("-A ")),
  };
}

function sectionsOf(printed: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of printed.split("\n")) {
    if (line.startsWith("@@ ")) sections.set(line.slice("@@ ".length), (lines = []));
    else if (line.trim() !== "") lines.push(line);
  }
  if (sections.has("end")) return sections;
  throw new UndecidedError(
    "a node's answer about its traits is incomplete",
    "run again, and look at the node if it happens again",
  );
}

function jsonLines<T>(lines: readonly string[], schema: z.ZodType<readonly T[]>): readonly T[] {
  return lines.flatMap((line) => schema.parse(JSON.parse(line)));
}

function linkOf({ ifindex, ifname, mtu, master, linkinfo }: Printed): NodeLink {
  const { info_kind: kind = null, info_data: data } = linkinfo ?? {};
  const isTunnel = kind === "vxlan" || kind === "geneve";
  const tunnel = isTunnel ? { udpPort: data?.port ?? 0, isExternal: data?.external === true } : null;
  return { index: ifindex, name: ifname, kind, master: master ?? null, mtuBytes: mtu, tunnel };
}

/** Returns a pod's links; it has one interface beside its loopback. */
function podLinks(printed: readonly Printed[], links: readonly NodeLink[]): readonly PodLink[] {
  return printed
    .filter(({ link_index: peer }) => peer !== undefined)
    .map(({ mtu, link_index: peer }) => ({ mtuBytes: mtu, host: links.find(({ index }) => index === peer) ?? null }));
}

/** Parses `tcp 6 117 TIME_WAIT src=… dst=… sport=… dport=… src=… dst=… …`: the first pair asked, the second answers. */
function connection(line: string): TraitFacts["connections"] {
  const [from, answeredBy] = [...line.matchAll(/ src=(\S+)/g)].map(([, address]) => address);
  return from === undefined || answeredBy === undefined ? [] : [{ from, answeredBy }];
}
