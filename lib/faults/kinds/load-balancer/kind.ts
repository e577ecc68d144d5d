import ipaddr from "ipaddr.js";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import { BALANCER_PORTS, ROLE_PORTS } from "../../../model/address.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { KUBECTL, ROLES_NAMESPACE, UNDO_OBJECT, VERIFY_OBJECT } from "../../contract/kubectl-object.ts";
import { canonicalLabels, kubernetesNameSchema, labelsSchema } from "../../contract/kubernetes-values.ts";
import { markOf } from "../../contract/marks.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { addressSchema, portSchema } from "../../contract/values.ts";
import { canonical, renderService, renderStatus } from "./objects.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${KUBECTL}${script("capture")}`;
const APPLY = `${KUBECTL}${script("apply")}`;
const READ_BACK = `${KUBECTL}${script("read-back")}`;

const schema = z.strictObject({
  kind: z.literal("load-balancer"),
  namespace: kubernetesNameSchema,
  selector: labelsSchema,
  address: addressSchema,
  port: portSchema,
  targetPort: portSchema,
  /** `VIP`: nodes may answer for the address themselves; `Proxy`: all packets to it go to the balancer. */
  ipMode: z.enum(["VIP", "Proxy"]),
});

/** Creates a Service of type LoadBalancer with one port, and writes this address to its status, as a cloud would. */
export type LoadBalancerFault = Readonly<z.output<typeof schema>>;

/**
 * Ranges (names of ipaddr.js) of no machine, or that lead a node back to itself whatever kube-proxy does (RFC 6890).
 */
const NO_BALANCERS: readonly string[] = [
  "unspecified",
  "broadcast",
  "multicast",
  "linkLocal",
  "loopback",
  "ipv4Mapped",
];

/** Through kubectl on the control-plane node; undone by deleting the object of our name. */
const loadBalancerKind: FaultKind<LoadBalancerFault, null> = {
  kind: "load-balancer",
  schema,
  priorSchema: z.null(),
  describe: ({ namespace, address, port, ipMode }) =>
    `Service of type LoadBalancer in ${namespace} with ${address} port ${port}, ipMode ${ipMode}`,
  steps({ namespace, selector, address, port, targetPort, ipMode }, _prior, id) {
    const kube = `kubectl -n ${namespace}`;
    const service = typeAndName(id);
    return {
      apply: [
        `${kube} apply -f -  # ${service}: port ${port} to ${targetPort} of ${canonicalLabels(selector)}`,
        `${kube} patch ${service} --subresource status  # ingress ${address}, ipMode ${ipMode}`,
      ],
      readBack: [`${kube} get ${service} -o yaml  # port ${port}, ingress ${address}, ipMode ${ipMode}`],
      undo: [`${kube} delete ${service}`],
      verify: [`${kube} get ${service}  # not found`],
    };
  },
  scope: () => "cluster",
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
      "the fault's effect could not be told apart: see kubectl get services,nodes --all-namespaces -o wide",
    );
  },
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({
    script: APPLY,
    args: [fault.namespace, renderService(fault, id), typeAndName(id), renderStatus(fault)],
  }),
  readBack: ({ namespace }, _prior, id) => ({ script: READ_BACK, args: [namespace, typeAndName(id)] }),
  readBackSaid({ port, address, ipMode }, stdout) {
    const shown = stdout.trim();
    const detail = shown === "" ? "the Service is gone" : `port, address, ipMode: ${shown}`;
    return { inForce: shown === `${port} ${canonical(address)} ${ipMode}`, detail };
  },
  undo: ({ namespace }, _prior, id) => ({ script: UNDO_OBJECT, args: [namespace, typeAndName(id)] }),
  verifyUndone: ({ namespace }, _prior, id) => ({ script: VERIFY_OBJECT, args: [namespace, typeAndName(id)] }),
};
export default loadBalancerKind;

function typeAndName(id: string): string {
  return `service/${markOf(id)}`;
}

/** Creates a Service of type LoadBalancer for the server's pod, with this address, and with port 80 alone. */
export function loadBalancer(at: Pick<LoadBalancerFault, "address" | "ipMode">): NodeFaultOf<LoadBalancerFault> {
  const ports = { port: BALANCER_PORTS["port 80"], targetPort: ROLE_PORTS.server };
  const service = { kind: "load-balancer", namespace: ROLES_NAMESPACE, selector: { role: "server" } } as const;
  return { node: "control-plane", fault: { ...service, ...at, ...ports } };
}
