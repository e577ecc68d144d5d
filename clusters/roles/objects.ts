import type { TimeScale } from "../../lib/host/time-scale.ts";
import { ROLE_PORTS } from "../../lib/model/address.ts";
import type { OfNodes } from "../../lib/model/nodes.ts";
import type { Peer } from "../../lib/model/path.ts";
import type { IpFamily } from "../../lib/model/cell.ts";

export const NAMESPACE = "faultline";

/** The nodes of the roles: `server` and `same` on A, `other` on B, `third` on C where there is one. */
export type RoleNodes = OfNodes<string>;

/**
 * Returns the Kubernetes objects of the roles: pods bound to their nodes, and the server's Service. `image` is the echo
 * server's. No pod is privileged: probes come from the nodes. Pure.
 */
export function roleObjects(
  nodes: RoleNodes,
  image: string,
  ipFamily: IpFamily,
  timeScale: TimeScale,
): readonly object[] {
  const echo = echoOf(image, timeScale);
  const { server, sidecar, servicePort } = ROLE_PORTS;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    pod("server", nodes.A, [echo("server", server), echo("sidecar", sidecar)]),
    pod("same", nodes.A, [echo("same", server)]),
    pod("other", nodes.B, [echo("other", server)]),
    ...(nodes.C === undefined ? [] : [pod("third", nodes.C, [echo("third", server)])]),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "server", namespace: NAMESPACE },
      spec: {
        type: "NodePort",
        selector: { role: "server" },
        ports: [{ port: servicePort, targetPort: server }],
        ...policyOf(ipFamily),
      },
    },
  ];
}

/** Returns the pods of a peer cluster: `count` pods of the role, on its only node. Pure. */
export function peerObjects(
  role: Peer,
  node: string,
  count: number,
  image: string,
  timeScale: TimeScale,
): readonly object[] {
  const echo = echoOf(image, timeScale);
  const pods = Array.from({ length: count }, (_, index) => {
    return pod(role, node, [echo(role, ROLE_PORTS.server)], `${role}-${index + 1}`);
  });
  return [{ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }, ...pods];
}

/** Requires both families in a dual-stack cell: a Service that silently had one would be probed over the other. */
function policyOf(ipFamily: IpFamily): object {
  return { ipFamilyPolicy: ipFamily === "dual" ? "RequireDualStack" : "SingleStack" };
}

/**
 * Returns a patch that gives the DNS Service an address of each family; kubeadm gives it the first family's only. Pure.
 */
export function dnsServiceFamilies(ipFamily: IpFamily): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kube-dns", namespace: "kube-system" },
    spec: policyOf(ipFamily),
  };
}

function pod(role: string, nodeName: string, containers: readonly object[], name = role): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels: { role } },
    spec: { nodeName, automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers },
  };
}

/** Returns how to describe an echo server's container. Its readiness is probed every second on a usual machine. */
function echoOf(image: string, { factor }: TimeScale): (name: string, port: number) => object {
  return (name, port) => ({
    name,
    image,
    imagePullPolicy: "Never",
    args: [String(port)],
    env: [
      { name: "CONTAINER_NAME", value: name },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
    readinessProbe: { httpGet: { path: "/readyz", port }, periodSeconds: Math.ceil(factor) },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  });
}
