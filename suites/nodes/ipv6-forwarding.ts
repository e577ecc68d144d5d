import { scenario } from "../../lib/mocha/scenario.ts";
import {
  hasBridge,
  hasKernelDataplane,
  seconds,
  sysctl,
  where,
  within,
  type CellContext,
} from "../../lib/scenario/spec.ts";

const isBridgedOrBpf = (context: CellContext) => hasBridge(context) || !hasKernelDataplane(context);
const lost = where(hasKernelDataplane, "connect-timeout").otherwise("ok");

/**
 * IPv6's counterpart of ip_forward. On a dual-stack node one can be off without the other, so IPv4 clients are not
 * affected.
 */
scenario("IPv6 forwarding off", {
  claim: "a node that does not forward IPv6 silently drops IPv6 packets that it routes, but still forwards IPv4",
  documented: ["https://github.com/cilium/cilium/issues/21819", "https://docs.kernel.org/networking/ip-sysctl.html"],
  needs: { families: ["IPv6"] },
  fault: sysctl("A", "net.ipv6.conf.all.forwarding", 0),
  expect: {
    "other → server by IPv6 podIP": lost,
    "other → server by IPv6 ClusterIP": lost,
    "same → server by IPv6 ClusterIP": where(isBridgedOrBpf, "ok").otherwise("connect-timeout"),
    "same → server by IPv6 podIP": where(isBridgedOrBpf, "ok").otherwise("connect-timeout"),
    // The node's stack forwards packets that leave the pods' network, under any dataplane.
    "same → hostB by IPv6 nodeIP with ping": "loss",
    "hostA → server by IPv6 podIP": "ok",
    "hostB → hostA by IPv6 nodeIP with ping": "ok",
    "other → server by IPv4 podIP": "ok",
    "other → server by IPv4 ClusterIP": "ok",
    "same → server by IPv4 ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
});
