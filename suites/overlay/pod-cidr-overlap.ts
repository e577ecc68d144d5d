import { scenario } from "../../lib/mocha/scenario.ts";
import { bothOf, hasKernelDataplane, isPlain, route, seconds, where, within } from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "host-unreachable").otherwise("ok");

/**
 * A node that thinks a pod's address is on its own wire asks for it by ARP, in vain: after three unanswered requests, about 3 s, the client is
 * told "No route to host". Here the overlap is one pod's address, so that the other pods of that node show that all else is well.
 * BPF programs send pods' packets into the tunnel before the kernel looks for a route: there only what the node itself sends is lost.
 */
scenario("pod CIDR overlaps an on-link network", {
  claim: "pod addresses that the client's node believes to be on its own link are host-unreachable after about 3 s",
  documented: ["document 003", "https://github.com/docker/for-win/issues/1667"],
  // Without a length, one address, whatever its family.
  fault: ({ address }) => route("B", { type: "unicast", to: address("server", "podIP"), device: "eth0" }),
  expect: {
    "other → server by podIP": unlessBpf,
    "hostB → server by podIP": "host-unreachable",
    "other → server by ClusterIP": unlessBpf,
    "other → dnsA by podIP": "ok",
    "other → server by IPv6 podIP": where(bothOf(isPlain("IPv6"), hasKernelDataplane), "host-unreachable").otherwise(
      "ok",
    ),
    "same → server by podIP": "ok",
    "same → server by ClusterIP": "ok",
  },
  recovers: within(seconds(5)),
});
