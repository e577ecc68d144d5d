import { scenario } from "../../lib/mocha/scenario.ts";
import {
  bothOf,
  hasKernelDataplane,
  isPlain,
  route,
  seconds,
  where,
  whyNoRouteOnOwnNode,
  within,
} from "../../lib/scenario/spec.ts";

const unlessBpf = where(hasKernelDataplane, "host-unreachable").otherwise("ok");

/**
 * A node that believes a pod's address is on its own link resolves it by ARP, in vain: after three unanswered
 * requests, about 3 s, the client gets "No route to host". Here only one pod's address overlaps, so the other pods of
 * that node show that everything else works. BPF programs send pods' packets into the tunnel before the kernel looks
 * up a route; there only the node's own packets are lost.
 */
scenario("pod CIDR overlaps an on-link network", {
  claim: "pod addresses that the client's node believes to be on its own link are host-unreachable after about 3 s",
  documented: ["document 003 (docs/field-documents.md)", "https://github.com/docker/for-win/issues/1667"],
  // Without a prefix length: one address of either family.
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
  notOnOtherNode: whyNoRouteOnOwnNode,
});
