import { ROLE_PORTS } from "../../lib/model/address.ts";
import { scenario } from "../../lib/mocha/scenario.ts";
import { drop, hasKernelDataplane, seconds, where, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "connect-timeout").otherwise("ok");

/**
 * A host firewall with a rule in FORWARD against one port, on the server's node. The node's own connections do not
 * pass FORWARD; all others do, including those between two pods of one bridge while bridge netfilter is on. BPF on
 * the pods' devices bypasses FORWARD.
 */
scenario("a port dropped in FORWARD", {
  claim: "with the server's port dropped in FORWARD on its node, only that node reaches it; other ports still work",
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
