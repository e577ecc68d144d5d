import { ROLE_PORTS } from "../../lib/model/address.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { drop, hasKernelDataplane, seconds, where, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "connect-timeout").otherwise("ok");

/**
 * A host firewall with a rule against one port, in FORWARD, on the server's node. The node's own connections do not pass there; all others do, also those between two pods of one bridge as
 * long as bridge netfilter is on. BPF on the pods' devices passes FORWARD by.
 */
scenario("a port dropped in FORWARD", {
  claim:
    "with the server's port dropped in FORWARD on its node, only that node itself reaches it; other ports stay well",
  documented: [
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/",
    "https://github.com/cilium/cilium/pull/36921",
  ],
  fault: drop("A", { hook: "forward", protocol: "tcp", destinationPort: ROLE_PORTS.server }),
  expect: {
    "same → server by podIP": unlessBpf,
    "same → server by ClusterIP": unlessBpf,
    "other → server by podIP": unlessBpf,
    "other → server by ClusterIP": unlessBpf,
    "hostB → server by podIP": unlessBpf,
    "hostA → server by podIP": "ok",
    "same → sidecar by podIP": "ok",
    "other → sidecar by podIP": "ok",
    "other → dnsA by podIP": "ok",
  },
  recovers: within(seconds(5)),
});
