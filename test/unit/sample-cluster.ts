import type { ClusterRecord, Whereabouts } from "../../lib/model/cluster.ts";
import type { Traits } from "../../lib/model/traits.ts";
import { CELL } from "./sample-log.ts";

export const TRAITS: Traits = {
  bridge: "cni0",
  overlay: { kind: "vxlan", device: "flannel.1", udpPort: 8472, endpointsIn: "neighbours" },
  podMtuBytes: 1450,
  dataplane: "kernel",
  podClusterIps: "kube-proxy",
  networkPolicy: false,
  forwardAcceptedBy: "none",
  agent: null,
  resyncs: [],
};

export const RECORD: ClusterRecord = {
  name: "faultline-x",
  cell: CELL,
  traits: TRAITS,
  kubeconfig: "/nowhere",
  containers: { A: "x-worker", B: "x-control-plane", "control-plane": "x-control-plane" },
  outside: "x-outside",
  nodeIps: { A: "172.18.0.3", B: "172.18.0.2" },
  serviceIps: { server: "10.96.0.7", dns: "10.96.0.10" },
  nodePort: 31_234,
};

export const WHERE: Whereabouts = {
  cluster: RECORD,
  pods: {
    server: { name: "server", ip: "10.244.1.3", pid: 103 },
    same: { name: "same", ip: "10.244.1.2", pid: 102 },
    other: { name: "other", ip: "10.244.0.2", pid: 202 },
    dnsA: { name: "coredns-a", ip: "10.244.1.4", pid: 104 },
    dnsB: { name: "coredns-b", ip: "10.244.0.4", pid: 204 },
  },
};

/** The same as a dual-stack cluster. */
export const DUAL: Whereabouts = {
  cluster: {
    ...RECORD,
    cell: { ...CELL, ipFamily: "dual" },
    traits: {
      ...RECORD.traits,
      overlay: {
        kind: "vxlan",
        device: "flannel.1",
        secondDevice: "flannel-v6.1",
        udpPort: 8472,
        endpointsIn: "neighbours",
      },
    },
    second: {
      nodeIps: { A: "fd12:3456:789a::3", B: "fd12:3456:789a::2" },
      serviceIps: { server: "fd00:10:96::7", dns: "fd00:10:96::a" },
    },
  },
  pods: Object.fromEntries(
    Object.entries(WHERE.pods).map(([role, pod]) => [
      role,
      { ...pod, secondIp: pod.ip.replace(/^10\.244\.(\d)\.(\d)$/, "fd00:10:244:$1::$2") },
    ]),
  ),
};
