import { readlinkSync } from "node:fs";
import { release } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { throughWay, type ContainerWay } from "../../host/container-way.ts";
import { behind, mustExec, type Exec } from "../../host/exec.ts";
import type { Host } from "../../host/host.ts";
import type { NodeRole } from "../../model/nodes.ts";
import { transportOf, type TargetIdentity } from "./identity.ts";
import { PLACE } from "../contract/guard-script.ts";
import { inspectContainer } from "./inspect-container.ts";
import { GuardError } from "../contract/refused.ts";

/** A node that may be broken: it has passed the guards, and each command checks again that it is the same node. */
export interface Target {
  readonly node: NodeRole;
  readonly identity: TargetIdentity;
  /** Network namespaces of the host, which are never written to. */
  readonly hostNetnsInodes: readonly string[];
  readonly exec: Exec;
  /** The machine that the node is on. */
  readonly host: Host;
}

/**
 * Returns the kind node `container` of `cluster` (its kind name, not its label in our plan). Reads only. Throws
 * GuardError when it is not a running kind node of that cluster, shares the host's network namespace, or the kernel is
 * too old; ExecError when Docker does not answer.
 */
export async function containerTarget(ask: {
  readonly node: NodeRole;
  readonly container: string;
  readonly cluster: string;
  readonly host: Host;
  /** A quicker way there; taken only where commands end up in the same place as by container id. */
  readonly way?: ContainerWay;
}): Promise<Target> {
  const { host } = ask;
  const found = await inspectContainer(host.exec, ask.container);
  if (found === null) throw new GuardError(`container ${ask.container} does not exist`);
  if (!found.running) throw new GuardError(`container ${ask.container} is not running`);
  if (found.kindCluster !== ask.cluster) {
    const is = found.kindCluster === null ? "no kind node" : `a node of kind cluster ${found.kindCluster}`;
    throw new GuardError(`container ${ask.container} is ${is}, not one of ${ask.cluster}`);
  }
  if (found.hostNetwork) throw new GuardError(`container ${ask.container} is on the host's network`);
  const { id: containerId, name: containerName, startedAt } = found;
  const transport = transportOf({ kind: "container", containerId } as TargetIdentity);
  const place = await whereIs(behind(transport, host.exec));
  const identity = {
    kind: "container",
    containerId,
    containerName,
    startedAt,
    cluster: ask.cluster,
    ...place,
  } as const;
  const target = guarded({ node: ask.node, identity, host });
  const { way } = ask;
  if (!way?.direct) return target;
  // It leads nowhere once the container has been restarted.
  const direct = await whereIs(way.direct).catch(() => null);
  if (!isDeepStrictEqual(direct, place)) return target;
  return { ...target, exec: throughWay(way, target.exec) };
}

/**
 * Returns the network namespace `name` of `ip netns`, which stands for a node in tests. Reads only; the guards are the
 * same.
 */
export async function netnsTarget(ask: {
  readonly node: NodeRole;
  readonly name: string;
  readonly host: Host;
}): Promise<Target> {
  const { host } = ask;
  const place = await whereIs(behind(["ip", "netns", "exec", ask.name], host.exec));
  return guarded({ node: ask.node, identity: { kind: "netns", name: ask.name, ...place }, host });
}

function guarded(found: { readonly node: NodeRole; readonly identity: TargetIdentity; readonly host: Host }): Target {
  const { node, identity, host } = found;
  const exec = behind(transportOf(identity), host.exec);
  const target = { node, identity, hostNetnsInodes: hostNetnsInodes(), exec, host };
  assertWritable(target, release());
  return target;
}

/**
 * Throws GuardError when a fault in this target would reach the host, or when the kernel (`6.18.44-…`) has one
 * net.bridge.* for all namespaces.
 */
export function assertWritable(target: Target, kernelRelease: string): void {
  if (target.hostNetnsInodes.length === 0 || target.hostNetnsInodes.includes(target.identity.netnsInode)) {
    throw new GuardError(`node ${target.node}: its network namespace is the host's`);
  }
  const [major = 0, minor = 0] = kernelRelease.split(".").map((part) => Number.parseInt(part, 10));
  // net.bridge.* became a namespace's own with commit 22567590b2e6 in Linux 5.3.
  if (!(major > 5 || (major === 5 && minor >= 3))) {
    throw new GuardError(
      `kernel ${kernelRelease} is older than 5.3: bridge sysctls would be the host's`,
      "run on Linux 5.3 or newer",
    );
  }
}

/** Returns where commands of this exec end up. */
export async function whereIs(exec: Exec): Promise<Pick<TargetIdentity, "netnsInode" | "bootId" | "initStartTicks">> {
  const { stdout } = await mustExec(exec, ["sh", "-c", PLACE], { timeoutMs: 15_000 });
  const [link = "", bootId = "", initStartTicks = ""] = stdout.split("\n");
  const netnsInode = /^net:\[(\d+)\]$/.exec(link)?.[1];
  if (netnsInode === undefined) throw new GuardError(`network namespace of the node could not be read: "${link}"`);
  if (bootId === "" || !/^\d+$/.test(initStartTicks))
    throw new GuardError(`boot or process 1 of the node could not be read: "${stdout.trim().replaceAll("\n", " ")}"`);
  return { netnsInode, bootId, initStartTicks };
}

/** Returns our namespace and, where readable, that of process 1: they differ when the harness runs in a container. */
function hostNetnsInodes(): readonly string[] {
  return ["/proc/self/ns/net", "/proc/1/ns/net"].flatMap((path) => {
    try {
      return [readlinkSync(path).replace(/\D/g, "")];
    } catch {
      return [];
    }
  });
}
