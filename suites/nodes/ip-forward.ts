import { scenario } from "../../lib/mocha/scenario.ts";
import {
  bothOf,
  hasBridge,
  hasKernelDataplane,
  isIpvs,
  isPlain,
  seconds,
  sysctl,
  where,
  within,
  type CellContext,
} from "../../lib/scenario/spec.ts";

const hasNoBridge = (context: CellContext) => !hasBridge(context);
const isRouted = bothOf(isPlain("IPv4"), hasKernelDataplane);
/** IPVS takes a Service's packets as the node's own and sends them on without asking (ip_vs_nat_xmit); the reply it finds on a bridge, where nothing forwards it. Measured. */
const forwardsServices = (context: CellContext) => !isIpvs(context) || hasNoBridge(context);

/**
 * A node that does not forward still bridges: only what is routed through it is lost, in silence, while SYNs repeat. BPF programs hand pods' packets from device to
 * device without asking it.
 */
scenario("ip_forward off", {
  claim: "a node that does not forward IPv4 is silent for all of it that is routed through it, and bridges on",
  documented: ["document 003", "https://github.com/Azure/acs-engine/issues/3394"],
  fault: sysctl("A", "net.ipv4.ip_forward", 0),
  expect: {
    "other → server by podIP": where(isRouted, "connect-timeout").otherwise("ok"),
    "other → server by ClusterIP": where(isRouted, "connect-timeout").otherwise("ok"),
    "same → server by ClusterIP": where(bothOf(isRouted, forwardsServices), "connect-timeout").otherwise("ok"),
    "same → server by podIP": where(bothOf(isRouted, hasNoBridge), "connect-timeout").otherwise("ok"),
    // The node's stack forwards what leaves the pods' network, whoever serves pods among themselves.
    "same → hostB by nodeIP with ping": where(isPlain("IPv4"), "loss").otherwise("ok"),
    // IPv6 has a switch of its own (ipv6-forwarding).
    "other → server by IPv6 podIP": "ok",
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
