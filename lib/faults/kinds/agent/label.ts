/**
 * A node with this label gets no agent: every CNI's DaemonSet selects nodes without it (clusters/cni/). Its value is
 * the fault's id. The kubelet's own credentials are enough: a node may label itself, except with prefixes of
 * kubernetes.io.
 */
export const AGENT_GONE_LABEL = "faultline/agent-gone";
