import { scenario } from "../../lib/mocha/scenario.ts";
import { hasBridge, hasKernelDataplane, seconds, sysctl, where, within, type CellContext } from "../../lib/scenario.ts";

const unlessBpf = where(hasKernelDataplane, "connect-timeout").otherwise("ok");
const routesEvenItsOwn = (context: CellContext) => hasKernelDataplane(context) && !hasBridge(context);

/**
 * A node that does not forward still bridges: only what is routed through it is lost, in silence, while SYNs repeat. BPF programs hand pods' packets from device to
 * device without asking it.
 */
scenario("ip_forward off", {
  claim: "a node that does not forward is silent for all that is routed through it, and bridges on",
  documented: ["document 003", "https://github.com/Azure/acs-engine/issues/3394"],
  fault: sysctl("A", "net.ipv4.ip_forward", 0),
  expect: {
    "other → server by podIP": unlessBpf,
    "other → server by ClusterIP": unlessBpf,
    "same → server by ClusterIP": unlessBpf,
    "same → server by podIP": where(routesEvenItsOwn, "connect-timeout").otherwise("ok"),
    "hostA → server by podIP": "ok",
    "hostB → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
