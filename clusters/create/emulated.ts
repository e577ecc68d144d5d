/**
 * What a cluster is told that runs on emulated processors (patience above 1): to wait longer, and to do less when there is nothing to do. A cluster of two nodes that does nothing takes 11 to 16 % of a
 * real processor (docker stats); in an emulated VM both processors were busy all the while, and its API server ended in the middle of calls. That this is why, and that the following helps, has not been shown. Data only.
 */
export interface EmulatedPatches {
  /** Documents of kind's kubeadmConfigPatches. */
  readonly kubeadm: readonly object[];
  /** kubeadm's patches of static pods, by file name (kubeadm reference: --patches). */
  readonly staticPods: Readonly<Record<string, object>>;
}

/** Where a node finds the patches of its static pods. */
export const PATCHES_DIR = "/etc/faultline/static-pods";

/** Nothing where processors are real. `times`: how many times longer what takes time may take. */
export function emulatedPatches(times: number): EmulatedPatches {
  if (times <= 1) return { kubeadm: [], staticPods: {} };
  return { kubeadm: [clusterPatch(times), KUBELET, ...ON_NODES], staticPods: STATIC_PODS };
}

/**
 * kubeadm gives the control plane 4 min to come up (v1beta3, which kind writes: apiServer.timeoutForControlPlane). A controller manager that cannot renew its lease within 10 s ends itself (seen), and there
 * is no other to lead in its place. etcd ends a request after 5 s and two election time-outs (seen: "etcdserver: request timed out").
 */
function clusterPatch(times: number): object {
  const alone = { "leader-elect": "false" };
  return {
    kind: "ClusterConfiguration",
    apiServer: { timeoutForControlPlane: `${Math.round(4 * times)}m0s` },
    controllerManager: {
      extraArgs: { ...alone, "node-monitor-period": "60s", "node-monitor-grace-period": "15m0s" },
    },
    scheduler: { extraArgs: alone },
    etcd: { local: { extraArgs: { "heartbeat-interval": "1000", "election-timeout": "10000" } } },
  };
}

/** Each of these is a loop of the kubelet; without local storage to watch over, its eviction manager does not gather statistics every 10 s. */
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

/** A probe of the API server is a TLS handshake, and its readiness is asked for every second. Garbage is looked for less often: memory there is. */
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
  // Without requests of their own they have kube-proxy's weight on the processor, not 25 times as much.
  const container = {
    name,
    livenessProbe,
    env: [{ name: "GOGC", value: "300" }],
    resources: { requests: null },
    ...more,
  };
  return { spec: { containers: [container] } };
}
