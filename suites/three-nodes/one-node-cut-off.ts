import { scenario } from "../../lib/mocha/scenario.ts";
import { drop, hasOverlay, overlayPort, seconds, where, within } from "../../lib/scenario/spec.ts";

const cut = (symptom: "connect-timeout" | "dns-timeout") => where(hasOverlay, symptom).otherwise("ok");

/**
 * overlay/vxlan-port-blocked with a third node. It separates two claims that two nodes cannot: that the overlay is
 * broken, and that it is broken at one node. The other two nodes and A lose each other's pods; the other two nodes
 * still reach each other.
 */
scenario("VXLAN port blocked at one of three nodes", {
  claim: "a dropped overlay port cuts one node's pods off from all others, which still reach each other",
  documented: [
    "document 003 (docs/field-documents.md)",
    "https://github.com/rancher/rke2/issues/6307",
    "https://github.com/flannel-io/flannel/issues/2388",
  ],
  needs: { nodes: 3 },
  fault: ({ traits }) => drop("A", { hook: "prerouting", protocol: "udp", destinationPort: overlayPort(traits) }),
  expect: {
    "other → server by podIP": cut("connect-timeout"),
    "third → server by podIP": cut("connect-timeout"),
    "third → server by ClusterIP": cut("connect-timeout"),
    "same → other by podIP": cut("connect-timeout"),
    "same → third by podIP": cut("connect-timeout"),
    "third → dnsA by podIP": cut("dns-timeout"),
    "third → dnsB by podIP": "ok",
    "third → other by podIP": "ok",
    "other → third by podIP": "ok",
    "other → third by podIP with ping": "ok",
    "same → server by ClusterIP": "ok",
    "hostC → hostA by nodeIP with ping": "ok",
  },
  recovers: within(seconds(5)),
});
