import ipaddr from "ipaddr.js";
import { OUR_LABELS } from "../../contract/kubectl-object.ts";
import { markOf } from "../../contract/marks.ts";
import type { LoadBalancerFault } from "./kind.ts";

/** Returns an address in the one form that the API server accepts, IPv6 shortened (RFC 5952). */
export function canonical(address: string): string {
  return ipaddr.parse(address).toString();
}

/**
 * Returns the Service: one port of the selected pods, in the address's own family, which kube-proxy asks for. It has no
 * NodePorts, which would be another way to the pods.
 */
export function renderService(fault: LoadBalancerFault, id: string): string {
  const { namespace, selector, address, port, targetPort } = fault;
  const family = ipaddr.parse(address).kind() === "ipv4" ? "IPv4" : "IPv6";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: markOf(id), namespace, labels: OUR_LABELS },
    spec: {
      type: "LoadBalancer",
      // A class without a controller: MetalLB, cloud-provider-kind or Cilium would overwrite the status. kube-proxy
      // ignores the class.
      loadBalancerClass: "faultline.invalid/none",
      allocateLoadBalancerNodePorts: false,
      ipFamilyPolicy: "SingleStack",
      ipFamilies: [family],
      selector,
      ports: [{ port, targetPort, protocol: "TCP" }],
    },
  });
}

/**
 * Returns the status that a cloud's controller would write. Source: Kubernetes reference, LoadBalancerIngress (ipMode:
 * KEP-1860, on by default since 1.30).
 */
export function renderStatus({ address, ipMode }: LoadBalancerFault): string {
  return JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: canonical(address), ipMode }] } } });
}
