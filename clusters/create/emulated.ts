/**
 * Settings for a cluster on emulated processors (patience above 1): longer timeouts, and less work when idle. An idle
 * cluster of two nodes takes 11 to 16 % of a real processor (docker stats). In an emulated VM both processors were busy
 * all the time, and its API server ended in the middle of calls. It has not been shown that this is the cause, nor that
 * these settings help. Data only.
 */
export interface EmulatedPatches {
  /** Documents of kind's kubeadmConfigPatches. */
  readonly kubeadm: readonly object[];
  /** kubeadm's patches of static pods, by file name (kubeadm reference: --patches). */
  readonly staticPods: Readonly<Record<string, object>>;
}

/** The folder with the static pods' patches on a node. */
export const PATCHES_DIR = "/etc/faultline/static-pods";

/** Returns the patches for a factor `times` on every timeout; none for 1, where processors are real. Pure. */
export function emulatedPatches(times: number): EmulatedPatches {
  if (times <= 1) return { kubeadm: [], staticPods: {} };
  return { kubeadm: [clusterPatch(times), KUBELET, ...ON_NODES], staticPods: STATIC_PODS };
}

/**
 * Returns the patch of kubeadm's ClusterConfiguration. kubeadm gives the control plane 4 min to come up (v1beta3, which
 * kind writes: apiServer.timeoutForControlPlane). A controller manager that cannot renew its lease within 10 s exits
 * (seen), and no other can take over. etcd ends a request after 5 s and two election timeouts (seen: "etcdserver:
 * request timed out").
 */
function clusterPatch(times: number): object {
  const noElection = { "leader-elect": "false" };
  return {
    kind: "ClusterConfiguration",
    apiServer: { timeoutForControlPlane: `${Math.round(4 * times)}m0s` },
    controllerManager: {
      extraArgs: { ...noElection, "node-monitor-period": "60s", "node-monitor-grace-period": "15m0s" },
    },
    scheduler: { extraArgs: noElection },
    etcd: { local: { extraArgs: { "heartbeat-interval": "1000", "election-timeout": "10000" } } },
  };
}

/**
 * Each of these slows or ends a loop of the kubelet. Without local storage isolation, its eviction manager does not
 * gather statistics every 10 s.
 */
const KUBELET = {
  kind: "KubeletConfiguration",
  nodeStatusUpdateFrequency: "60s",
  nodeLeaseDurationSeconds: 240,
  syncFrequency: "10m0s",
  localStorageCapacityIsolation: false,
};

/** cAdvisor's walk through the containers' cgroups, every 10 s by default. */
const LAZY = { nodeRegistration: { kubeletExtraArgs: { "housekeeping-interval": "2m0s" } } };
const ON_NODES = [
  { kind: "InitConfiguration", ...LAZY },
  { kind: "JoinConfiguration", ...LAZY },
];

/**
 * A probe of the API server is a TLS handshake, and kubelet asks for its readiness every second. Garbage collection
 * runs less often: there is enough memory.
 */
const STATIC_PODS = {
  "kube-apiserver+strategic.json": staticPod("kube-apiserver", {
    readinessProbe: { periodSeconds: 30, timeoutSeconds: 60 },
  }),
  "kube-controller-manager+strategic.json": staticPod("kube-controller-manager"),
  "kube-scheduler+strategic.json": staticPod("kube-scheduler"),
  "etcd+strategic.json": staticPod("etcd"),
};

function staticPod(name: string, more: object = {}): object {
  const livenessProbe = { periodSeconds: 60, timeoutSeconds: 60, failureThreshold: 10 };
  // Without CPU requests they have kube-proxy's weight on the processor, not 25 times as much.
  const container = {
    name,
    livenessProbe,
    env: [{ name: "GOGC", value: "300" }],
    resources: { requests: null },
    ...more,
  };
  return { spec: { containers: [container] } };
}
