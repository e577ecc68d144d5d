import { isHostWide } from "../faults/sysctl.ts";
import { endpointsNamed, endpointsOf, ENDPOINT, IPVS_DESTINATION, type Context } from "./context.ts";
import type { Item } from "./fingerprint.ts";

/**
 * One thing that agents or the kernel change rightfully while a fault comes and goes. It leaves an item as it is, rewrites it to what must be
 * equal, or takes it out (null). It may look only at what came or went as a whole: what is on both sides is always compared.
 */
export interface Rule {
  readonly name: string;
  readonly why: string;
  readonly test: (item: Item, context: Context) => Item | null;
}

const COUNTS_OR_SECRET =
  /(_count|\.stable_secret|tcp_fastopen_key|netdev_rss_key|available_congestion_control|available_ulp)$/;

export const RULES: readonly Rule[] = [
  {
    name: "sysctl-no-setting",
    why: "counts of live objects, keys the kernel draws at random, and lists of loaded modules are not settings of the node",
    test: (item) => (item.section === "sysctl" && COUNTS_OR_SECRET.test(item.scope) ? null : item),
  },
  {
    name: "sysctl-of-the-host",
    why: "one value for the whole machine: another cluster's kube-proxy may set it, and no fault of ours may",
    test: (item) => (item.section === "sysctl" && isHostWide(item.scope) ? null : item),
  },
  {
    name: "pod-came-or-went",
    why: "a pod's veth brings its own addresses, routes, sysctls, qdisc and, with Calico, chains; it takes them along when the pod goes",
    test: (item, { podDevices }) => {
      const named = podDevices.size > 0 && words(item).some((word) => podDevices.has(word));
      return named ? null : item;
    },
  },
  {
    name: "endpoint-chain-came-or-went",
    why: "kube-proxy makes a chain per endpoint, named by the endpoint's address; a pod made anew has another one",
    test: (item, { endpointChains }) => (endpointsOf(item).some((name) => endpointChains.has(name)) ? null : item),
  },
  {
    name: "service-leads-to-moved-endpoint",
    why: "a Service keeps as many endpoints as it had, one of them under another name and so in another place of the list",
    test: (item, context) => (context.movedServices.has(item.scope) ? movedLead(item, context) : item),
  },
  {
    name: "services-in-any-order",
    why: "kube-proxy lists Services as they come out of a map; each of these rules is for another address or port, so which is first is all one",
    test: (item) => (isRuleOfOneService(item) ? { ...item, unordered: true } : item),
  },
  {
    name: "ipvs-draining",
    why: "kube-proxy leaves a gone endpoint with weight 0 until its connections have ended",
    test: (item, { ipvsEndpoints }) => (isMovedIpvs(item, ipvsEndpoints) && / -w 0$/.test(item.text) ? null : item),
  },
  {
    name: "ipvs-endpoint-moved",
    why: "a virtual server keeps as many destinations as it had, one of them at another address",
    test: (item, { ipvsEndpoints }) =>
      isMovedIpvs(item, ipvsEndpoints) ? { ...item, text: item.text.replace(IPVS_DESTINATION, "(moved)") } : item,
  },
  {
    name: "router-advertised",
    why: "the network's router announces and withdraws these, not the node",
    test: (item) => (item.section === "route" && / proto ra\b/.test(item.text) ? null : item),
  },
  {
    name: "fdb-learned",
    why: "the kernel learns and forgets these from traffic; what the CNI puts in is permanent",
    test: (item) => (item.section === "fdb" && !/\bpermanent\b/.test(item.text) ? null : item),
  },
];

/** The item after all rules, in the table's order; null when one took it out. */
export function ruled(item: Item, context: Context): Item | null {
  return RULES.reduce<Item | null>((left, rule) => (left === null ? null : rule.test(left, context)), item);
}

/** Every word that could be a device's name; Calico puts it behind `cali-tw-` and the like. */
function words({ section, scope, text }: Item): readonly string[] {
  const split = section === "sysctl" ? scope.split(".") : `${scope} ${text}`.split(/[\s"@]+/);
  return split.map((word) => word.replace(/^cali-(?:tw|fw)-/, ""));
}

/** A rule that leads to endpoints, by name where both sides have it, and without what follows from its place in the list. */
function movedLead(item: Item, { endpointChains }: Context): Item {
  const names = endpointsNamed(item.text);
  if (names.length === 0) return item;
  const shown = names.map((name) => (endpointChains.has(name) ? "(moved)" : name)).sort();
  const text = item.text
    .replace(/ -m statistic --mode random --probability [\d.]+/, "")
    .replace(/ -> [^"]+"/, '"')
    .replace(/\d+ : goto /g, "")
    .replace(ENDPOINT, () => shown.shift() ?? "");
  return { ...item, text, unordered: true };
}

/** Seen after a Service's selector came back. The jump to KUBE-NODEPORTS is no Service's and keeps its place. */
function isRuleOfOneService({ section, scope, text }: Item): boolean {
  const listsServices = section.includes("tables") && / KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES)$/.test(scope);
  return listsServices && / (-j KUBE-(SVC|SVL|EXT|FW|MARK)-|-d .* -j (REJECT|DROP))/.test(text);
}

function isMovedIpvs({ section, text }: Item, moved: ReadonlySet<string>): boolean {
  return section === "ipvs" && moved.has(IPVS_DESTINATION.exec(text)?.[0] ?? "");
}
