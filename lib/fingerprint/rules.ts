import { isHostWide } from "../faults/kinds/sysctl/keys.ts";
import { endpointsNamed, endpointsOf, ENDPOINT, IPVS_DESTINATION, memberOf, type Context } from "./context.ts";
import type { Item } from "./fingerprint.ts";
import { dispatched, withoutHash } from "./felix.ts";
import { KERNEL_RULES, type Rule } from "./kernel-rules.ts";

/** Returns true for `MAC dev cni0 master cni0 permanent` with cni0's own address. */
function isBridgeItself({ section, text }: Item, linkAddresses: ReadonlySet<string>): boolean {
  const [, address, device] = /^(\S+) dev (\S+) (?:vlan \d+ )?master \2 permanent$/.exec(text) ?? [];
  return section === "fdb" && linkAddresses.has(`${device} ${address}`);
}

/** Changes that the kernel and agents may make on a node while a fault comes and goes. */
export const RULES: readonly Rule<Context>[] = [
  ...KERNEL_RULES,
  {
    name: "sysctl-of-the-host",
    why: "one value for the whole machine: another cluster's kube-proxy may set it, and no fault of ours may",
    test: (item) => (item.section === "sysctl" && isHostWide(item.scope) ? null : item),
  },
  {
    name: "pod-came-or-went",
    why:
      "a pod's veth brings its own addresses, routes, sysctls, qdisc and, with Calico, chains; " +
      "they go when the pod goes",
    test: (item, { podDevices }) => {
      const named = podDevices.size > 0 && words(item).some((word) => podDevices.has(word));
      return named ? null : item;
    },
  },
  {
    name: "felix-rule-renamed",
    why: "Felix names each rule by a hash of it and of those before it in the chain; rules are compared by content",
    test: withoutHash,
  },
  {
    name: "felix-dispatch-regrouped",
    why: "Felix groups the pods' devices by name prefix, so a pod that comes or goes moves others between chains",
    test: (item, { podsMoved }) => (podsMoved ? dispatched(item) : item),
  },
  {
    name: "endpoint-chain-came-or-went",
    why: "kube-proxy makes a chain per endpoint, named by the endpoint's address; a recreated pod has another one",
    test: (item, { endpointChains }) => (endpointsOf(item).some((name) => endpointChains.has(name)) ? null : item),
  },
  {
    name: "service-leads-to-moved-endpoint",
    why:
      "a Service keeps its number of endpoints, " +
      "one of them under another name and so at another place in the list",
    test: (item, context) => (context.movedServices.has(item.scope) ? movedLead(item, context) : item),
  },
  {
    name: "services-in-any-order",
    why:
      "kube-proxy lists Services in the random order of a map; " +
      "each of these rules is for another address or port, so their order is irrelevant",
    test: (item) => (isRuleOfOneService(item) ? { ...item, unordered: true } : item),
  },
  {
    name: "service-chain-emptied",
    why:
      "kube-proxy in nftables mode empties the chains of a deleted Service, " +
      "and deletes them at a later sync, at any time",
    test: (item, { emptiedChains }) => (item.section === "nft" && emptiedChains.has(item.scope) ? null : item),
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
    name: "ipset-endpoint-moved",
    why:
      "kube-proxy in ipvs mode lists each of the node's endpoints again, " +
      "for those that reach themselves by their Service",
    test: (item, { ipvsEndpoints }) =>
      isLoopBackOfMoved(item, ipvsEndpoints) ? { ...item, text: item.text.replace(LOOP_BACK, "(moved)") } : item,
  },
  {
    name: "ipset-selected-pod-moved",
    why: "a Calico selector's set keeps as many members as it had, one of them at another address",
    test: (item, { selectorMembers }) =>
      item.section === "ipset" && selectorMembers.has(memberOf(item)) ? { ...item, text: "(moved)" } : item,
  },
  {
    name: "fdb-bridge-itself",
    why:
      "a bridge's own address is in its table under a port with the same one, " +
      "and under the bridge when that port has gone (net/bridge/br_fdb.c)",
    test: (item, { linkAddresses }) => (isBridgeItself(item, linkAddresses) ? null : item),
  },
  {
    name: "bpf-program-reloaded",
    why: "a restarted agent reloads its programs; equal tags show that they are the same",
    test: (item) =>
      item.section === "filter"
        ? { ...item, text: item.text.replace(/ id \d+(?=(?: name \S+)? tag [0-9a-f]+)/, "") }
        : item,
  },
];

/** Returns every word that can be a device's name; Calico puts `cali-tw-` and the like before it. */
function words({ section, scope, text }: Item): readonly string[] {
  const split = section === "sysctl" ? scope.split(".") : `${scope} ${text}`.split(/[\s"@]+/);
  return split.map((word) => word.replace(/^cali-(?:tw|fw)-/, ""));
}

/**
 * Returns a rule that leads to endpoints, by name where both sides have it, without the parts that depend on its place
 * in the list.
 */
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

/**
 * Returns true for a rule of one Service; such rules were seen reordered after a selector was restored. The jump to
 * KUBE-NODEPORTS is no Service's and keeps its place.
 */
function isRuleOfOneService({ section, scope, text }: Item): boolean {
  const listsServices = section.includes("tables") && / KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES)$/.test(scope);
  return listsServices && / (-j KUBE-(SVC|SVL|EXT|FW|MARK)-|-d .* -j (REJECT|DROP))/.test(text);
}

function isMovedIpvs({ section, text }: Item, moved: ReadonlySet<string>): boolean {
  return section === "ipvs" && moved.has(IPVS_DESTINATION.exec(text)?.[0] ?? "");
}

/** `10.244.0.2,udp:53,10.244.0.2`: the endpoint, and itself as the source. */
const LOOP_BACK = /^(\S+),\w+:(\d+),\1/;

function isLoopBackOfMoved({ section, scope, text }: Item, moved: ReadonlySet<string>): boolean {
  const [, address = "", port = ""] = LOOP_BACK.exec(text) ?? [];
  const isLoopBack = section === "ipset" && /^KUBE-(6-)?LOOP-BACK$/.test(scope);
  return isLoopBack && moved.has(address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`);
}
