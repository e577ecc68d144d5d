import { z } from "zod";
import { UndecidedError } from "../../lib/host/errors.ts";

/** What a node shows of its CNI's traits. Plain data. */
export interface TraitFacts {
  readonly links: readonly NodeLink[];
  /** Of the device that the default route goes by; null where there is no default route. */
  readonly uplinkMtuBytes: number | null;
  readonly pods: readonly PodLink[];
  /** Devices with BPF programs that tc runs. Those that tcx or netkit hold are not seen. */
  readonly bpfDevices: ReadonlySet<string>;
  /** Connections to the Service's address that the kernel tracks: who asked, and who answered. */
  readonly connections: readonly { readonly from: string; readonly answeredBy: string }[];
  /** Of iptables' INPUT and FORWARD, as iptables-save prints them. */
  readonly rules: readonly string[];
}

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

/** Reads what node-facts.sh printed. Throws UndecidedError when that is not whole. Pure. */
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
    "a node's answer about its traits is not whole",
    "run again, and look at the node if it stays so",
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

/** A pod has one interface beside its loopback. */
function podLinks(printed: readonly Printed[], links: readonly NodeLink[]): readonly PodLink[] {
  return printed
    .filter(({ link_index: peer }) => peer !== undefined)
    .map(({ mtu, link_index: peer }) => ({ mtuBytes: mtu, host: links.find(({ index }) => index === peer) ?? null }));
}

/** `tcp 6 117 TIME_WAIT src=… dst=… sport=… dport=… src=… dst=… …`: the first pair asked, the second answers. */
function connection(line: string): TraitFacts["connections"] {
  const [from, answeredBy] = [...line.matchAll(/ src=(\S+)/g)].map(([, address]) => address);
  return from === undefined || answeredBy === undefined ? [] : [{ from, answeredBy }];
}
