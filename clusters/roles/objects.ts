import { patience } from "../../lib/host/time-scale.ts";
import { ROLE_PORTS } from "../../lib/model/address.ts";
import type { OfNodes } from "../../lib/model/nodes.ts";
import type { Peer } from "../../lib/model/path.ts";
import type { IpFamily } from "../../lib/model/cell.ts";

export const NAMESPACE = "faultline";

/** Which nodes the roles go to: `server` and `same` on A, `other` on B, `third` on C where there is one. */
export type RoleNodes = OfNodes<string>;

/**
 * The Kubernetes objects of the roles: pods bound to their nodes, and the server's Service. `image` is the echo server's. Nothing of it is
 * privileged: probes come from the nodes, not from the pods. Pure.
 */
export function roleObjects(nodes: RoleNodes, image: string, ipFamily: IpFamily): readonly object[] {
  const { server, sidecar, servicePort } = ROLE_PORTS;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    pod("server", nodes.A, [echo("server", server, image), echo("sidecar", sidecar, image)]),
    pod("same", nodes.A, [echo("same", server, image)]),
    pod("other", nodes.B, [echo("other", server, image)]),
    ...(nodes.C === undefined ? [] : [pod("third", nodes.C, [echo("third", server, image)])]),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "server", namespace: NAMESPACE },
      spec: {
        ...{ type: "NodePort", selector: { role: "server" }, ports: [{ port: servicePort, targetPort: server }] },
        ...policyOf(ipFamily),
      },
    },
  ];
}

/** The pods of a further cluster: `count` of the role, on its one node. Pure. */
export function peerObjects(role: Peer, node: string, count: number, image: string): readonly object[] {
  const pods = Array.from({ length: count }, (_, index) => {
    return pod(role, node, [echo(role, ROLE_PORTS.server, image)], `${role}-${index + 1}`);
  });
  return [{ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }, ...pods];
}

/** Both families or none at all: a Service that quietly had one only would be probed over the other. */
function policyOf(ipFamily: IpFamily): object {
  return { ipFamilyPolicy: ipFamily === "dual" ? "RequireDualStack" : "SingleStack" };
}

/** kubeadm gives the DNS Service the cluster's first family only; with this, applied over it, it has an address of each. Pure. */
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

function echo(name: string, port: number, image: string): object {
  return {
    name,
    image,
    imagePullPolicy: "Never",
    args: [String(port)],
    env: [
      { name: "CONTAINER_NAME", value: name },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
    readinessProbe: { httpGet: { path: "/readyz", port }, periodSeconds: Math.ceil(patience()) },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}
