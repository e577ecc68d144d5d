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
/**
 * IPVS treats a Service's packets as the node's own and sends them on without this setting (ip_vs_nat_xmit). On a
 * bridge it also handles the reply, which nothing forwards there. Measured.
 */
const forwardsServices = (context: CellContext) => !isIpvs(context) || hasNoBridge(context);

/**
 * A node that does not forward still bridges: only packets that are routed through it are lost, silently, while SYNs
 * repeat. BPF programs pass pods' packets from device to device without this setting.
 */
scenario("ip_forward off", {
  claim: "a node that does not forward IPv4 silently drops IPv4 packets that it routes, but still bridges",
  documented: ["document 003 (docs/field-documents.md)", "https://github.com/Azure/acs-engine/issues/3394"],
  fault: sysctl("A", "net.ipv4.ip_forward", 0),
  expect: {
    "other → server by podIP": where(isRouted, "connect-timeout").otherwise("ok"),
    "other → server by ClusterIP": where(isRouted, "connect-timeout").otherwise("ok"),
    "same → server by ClusterIP": where(bothOf(isRouted, forwardsServices), "connect-timeout").otherwise("ok"),
    "same → server by podIP": where(bothOf(isRouted, hasNoBridge), "connect-timeout").otherwise("ok"),
    // The node's stack forwards packets that leave the pods' network, under any dataplane.
    "same → hostB by nodeIP with ping": where(isPlain("IPv4"), "loss").otherwise("ok"),
    // IPv6 has its own setting (ipv6-forwarding).
    "other → server by IPv6 podIP": "ok",
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
