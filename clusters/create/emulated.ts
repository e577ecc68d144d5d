import type { TimeScale } from "../../lib/host/time-scale.ts";

/**
 * What a cluster in the kernel lane is told, where one processor is never idle and a suspended VM's clock goes on while
 * its processes stand still (docs/kernel-lane.md). Data only.
 */
export interface EmulatedPatches {
  /** Documents of kind's kubeadmConfigPatches. */
  readonly kubeadm: readonly object[];
  /** kubeadm's patches of static pods, by file name (kubeadm reference: --patches). */
  readonly staticPods: Readonly<Record<string, object>>;
}

/** The folder with the static pods' patches on a node. */
export const PATCHES_DIR = "/etc/faultline/static-pods";

/** Returns the lane's patches; empty on a machine of usual speed. */
export function emulatedPatches({ factor }: TimeScale): EmulatedPatches {
  if (factor <= 1) return { kubeadm: [], staticPods: {} };
  const staticPods = Object.fromEntries(CONTROL_PLANE.map((name) => patient(name, factor)));
  return { kubeadm: [OUTLASTS_SUSPENSION], staticPods };
}

/**
 * Leases that ran out while the VM was suspended end nothing. A controller manager or scheduler that cannot renew its
 * lease within 10 s ends itself, and there is no other to lead in its place; a node whose lease is older than the grace
 * period counts as gone until its kubelet renews it (kube-controller-manager reference; not measured without these).
 */
const OUTLASTS_SUSPENSION = {
  kind: "ClusterConfiguration",
  controllerManager: { extraArgs: { "leader-elect": "false", "node-monitor-grace-period": "15m0s" } },
  scheduler: { extraArgs: { "leader-elect": "false" } },
};

const CONTROL_PLANE = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];

/** How often in a row a liveness probe of kubeadm's static pods may fail (kubeadm 1.34, `livenessProbe`). */
const KUBEADM_FAILURES = 8;

/**
 * Without CPU requests they have kube-proxy's weight on the processor, not 25 times as much. With them kube-proxy took
 * a balancer's address 20 to 60 s late (measured in user-mode Linux 7.3.4, 2 cores).
 *
 * A liveness probe may fail `factor` times as often before the kubelet restarts the container. With kubeadm's number,
 * the API server ended where the VM had less than half of a processor (load 10 on 2 cores): connections got GOAWAY,
 * and no call was answered for more than 100 s.
 */
function patient(name: string, factor: number): [string, object] {
  const livenessProbe = { failureThreshold: Math.ceil(KUBEADM_FAILURES * factor) };
  return [`${name}+strategic.json`, { spec: { containers: [{ name, resources: { requests: null }, livenessProbe }] } }];
}
