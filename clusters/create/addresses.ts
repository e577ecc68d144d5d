import { cellId, familiesOf, type Cell, type Family } from "../../lib/model/cell.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import type { Kubernetes } from "../../lib/kubernetes/client.ts";
import { nodesOf, ofEach, ofNode, type NodeName, type OfNodes } from "../../lib/model/nodes.ts";
import { NAMESPACE } from "../roles/objects.ts";

/** Returns the addresses of nodes and Services, by the cell's families. Throws UndecidedError when one is missing. */
export async function addressesOf(
  { name, cell }: { readonly name: string; readonly cell: Cell },
  api: Pick<Kubernetes, "service">,
  containers: ClusterRecord["containers"],
  exec: Exec,
): Promise<Pick<ClusterRecord, "nodeIps" | "serviceIps" | "second" | "nodePort">> {
  const ofNodes = ofEach(nodesOf(containers), (node) => addressesOfContainer(ofNode(containers, node), name, exec));
  const [nodeAddresses, server, dns] = await Promise.all([
    ofNodes,
    api.service(NAMESPACE, "server"),
    api.service("kube-system", "kube-dns"),
  ]);
  const [first, second] = familiesOf(cell).map((family, index) => ({
    nodeIps: ipsOf(nodeAddresses, family),
    serviceIps: {
      server: given(server.ips[index], `Service server, ${family}`),
      dns: given(dns.ips[index], `Service kube-dns, ${family}`),
    },
  }));
  if (first === undefined) throw new UndecidedError(`cell ${cellId(cell)} has no IP family`, "run again");
  return { ...first, ...(second ? { second } : {}), nodePort: server.nodePort ?? 0 };
}

function ipsOf(addresses: OfNodes<Readonly<Record<Family, string>>>, family: Family): OfNodes<string> {
  const { A, B, C } = addresses;
  const of = (ips: Readonly<Record<Family, string>>, node: NodeName) => given(ips[family], `node ${node}, ${family}`);
  return { A: of(A, "A"), B: of(B, "B"), ...(C && { C: of(C, "C") }) };
}

function given(address: string | undefined, whose: string): string {
  if (address) return address;
  throw new UndecidedError(`${whose}: no address`, "look at it with --keep failure");
}

/**
 * Returns a container's addresses on a network; a family that the network lacks is an empty string. Throws
 * UndecidedError when the container is not on it, ExecError when it does not exist.
 */
export async function addressesOfContainer(
  container: string,
  network: string,
  exec: Exec,
): Promise<Readonly<Record<Family, string>>> {
  const { stdout } = await mustExec(exec, [
    "docker",
    "inspect",
    "--format",
    "{{json .NetworkSettings.Networks}}",
    container,
  ]);
  const networks = JSON.parse(stdout) as Record<string, { IPAddress: string; GlobalIPv6Address: string }>;
  const attached = networks[network];
  if (!attached) throw new UndecidedError(`container ${container} is not on ${network}`, "run again");
  return { IPv4: attached.IPAddress, IPv6: attached.GlobalIPv6Address };
}
