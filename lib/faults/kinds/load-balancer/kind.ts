import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { LoadBalancerFault } from "../../contract/fault.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { KUBECTL, objectName, OUR_LABELS, UNDO_OBJECT, VERIFY_OBJECT } from "../../contract/kubectl-object.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { kubernetesNameSchema, labelsSchema } from "../selector/kind.ts";
import { addressSchema, portSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${KUBECTL}${script("capture")}`;
const APPLY = `${KUBECTL}${script("apply")}`;
const READ_BACK = `${KUBECTL}${script("read-back")}`;

/** Addresses of no machine, and those that lead a node back to itself whatever kube-proxy does (RFC 6890; names of ipaddr.js). */
const NO_BALANCERS: readonly string[] = [
  "unspecified",
  "broadcast",
  "multicast",
  "linkLocal",
  "loopback",
  "ipv4Mapped",
];

/** In the one form that the API server wants, IPv6 shortened (RFC 5952). */
function canonical(address: string): string {
  return ipaddr.parse(address).toString();
}

function typeAndName(id: string): string {
  return `service/${objectName(id)}`;
}

/** The object: one port of the selected pods. Without NodePorts, which would be another way to them. Of the address's own family, which kube-proxy asks for. */
function renderService(fault: LoadBalancerFault, id: string): string {
  const { namespace, selector, address, port, targetPort } = fault;
  const family = ipaddr.parse(address).kind() === "ipv4" ? "IPv4" : "IPv6";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: objectName(id), namespace, labels: OUR_LABELS },
    spec: {
      type: "LoadBalancer",
      // Of nobody's class: a controller that gives out addresses (MetalLB, cloud-provider-kind, Cilium's) would overwrite the status. kube-proxy asks for none.
      loadBalancerClass: "faultline.invalid/none",
      allocateLoadBalancerNodePorts: false,
      ipFamilyPolicy: "SingleStack",
      ipFamilies: [family],
      selector,
      ports: [{ port, targetPort, protocol: "TCP" }],
    },
  });
}

/** What a cloud's controller writes. Source: Kubernetes reference, LoadBalancerIngress (ipMode: KEP-1860, on by default since 1.30). */
function renderStatus({ address, ipMode }: LoadBalancerFault): string {
  return JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: canonical(address), ipMode }] } } });
}

function shownBy({ port, address, ipMode }: LoadBalancerFault): string {
  return `${port} ${canonical(address)} ${ipMode}`;
}

/** A Service of type LoadBalancer and its status, made through kubectl on the control-plane node; undone by deleting the object of our name. */
export const loadBalancerKind: FaultKind<LoadBalancerFault, null> = {
  kind: "load-balancer",
  scope: "cluster",
  schema: z.strictObject({
    kind: z.literal("load-balancer"),
    namespace: kubernetesNameSchema,
    selector: labelsSchema,
    address: addressSchema,
    port: portSchema,
    targetPort: portSchema,
    ipMode: z.enum(["VIP", "Proxy"]),
  }),
  priorSchema: z.null(),
  validate({ address, selector }) {
    const range = ipaddr.parse(address).range();
    if (NO_BALANCERS.includes(range))
      throw new UsageError(
        `fault load-balancer: ${address} is no address that a balancer can have (${range})`,
        "name that of a machine on the cluster's network",
      );
    if (Object.keys(selector).length > 0) return;
    throw new UsageError(
      `fault load-balancer with ${address} selects no pods: such a Service leads nowhere`,
      "name a label of the pods that are meant",
    );
  },
  claims: ({ address }) => [`balancer address ${canonical(address)}`],
  capture: ({ namespace }) => ({ script: CAPTURE, args: [namespace] }),
  captured({ address }, stdout) {
    const taken = stdout.split(/\s+/).filter((word) => ipaddr.isValid(word));
    if (!taken.some((one) => canonical(one) === canonical(address))) return null;
    throw new FaultNotInForce(
      `a Service or a node has the address ${address} already`,
      "what is broken could not be told apart from that: see kubectl get services,nodes --all-namespaces -o wide",
    );
  },
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({
    script: APPLY,
    args: [fault.namespace, renderService(fault, id), typeAndName(id), renderStatus(fault)],
  }),
  readBack: ({ namespace }, _prior, id) => ({ script: READ_BACK, args: [namespace, typeAndName(id)] }),
  readBackSaid(fault, stdout) {
    const shown = stdout.trim();
    const detail = shown === "" ? "the Service is gone" : `port, address, ipMode: ${shown}`;
    return { inForce: shown === shownBy(fault), detail };
  },
  undo: ({ namespace }, _prior, id) => ({ script: UNDO_OBJECT, args: [namespace, typeAndName(id)] }),
  verifyUndone: ({ namespace }, _prior, id) => ({ script: VERIFY_OBJECT, args: [namespace, typeAndName(id)] }),
};
