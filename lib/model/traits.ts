/**
 * What a CNI does on a node, stated by its folder under clusters/cni and checked against every cluster before its first scenario (clusters/traits/). Expectations are
 * keyed by these, never by names.
 */
export interface Traits {
  /** Name of the Linux bridge that joins a node's pods, or null when there is none. */
  readonly bridge: string | null;
  readonly overlay: Overlay | null;
  /** MTU of a pod's interface where the node's uplink has UPLINK_MTU_BYTES. */
  readonly podMtuBytes: number;
  /** Who forwards pods' packets: the kernel, through routing and netfilter, or BPF programs on the pods' devices, which pass both by. */
  readonly dataplane: "kernel" | "ebpf";
  /** Who translates ClusterIPs for pods. */
  readonly podClusterIps: "kube-proxy" | "ebpf";
  /** Whether anything enforces NetworkPolicies. No node shows that by itself: services/networkpolicy-deny-all is its check. */
  readonly networkPolicy: boolean;
  /**
   * Who sees to it that the FORWARD chain's policy does not matter for pods: a rule that the agent appends to the chain (see Resync), the agent's chains ahead of all others, BPF programs that
   * pass the chain by, or nobody.
   */
  readonly forwardAcceptedBy: "rule" | "own-chains" | "ebpf" | "nobody";
  /** The pods that look after a node, one on each; null where only plugins run, when a pod comes or goes. */
  readonly agent: { readonly namespace: string; readonly selector: string } | null;
  /** Pods' addresses are from blocks that the CNI shares out itself; absent where they are from the node's spec.podCIDR, one after the other. */
  readonly ownAddressBlocks?: true;
  /** What its agent puts back by itself, each at most once. */
  readonly resyncs: readonly Resync[];
}

/** Docker's default for a network's devices. */
export const UPLINK_MTU_BYTES = 1500;

/** Pods' packets between nodes in UDP. */
export interface Overlay {
  readonly kind: "vxlan";
  /** Of the cell's first IP family. */
  readonly device: string;
  /** Of its second one, where that has a device of its own. */
  readonly secondDevice?: string;
  readonly udpPort: number;
  /** Where the other end of the tunnel is told: routes, neighbours and FDB entries of the device, or each packet's metadata, written by BPF. */
  readonly endpointsIn: "neighbours" | "metadata";
}

/** An agent that looks after something of its own: what, who, and how long it takes at most until it is back. */
export type Resync = ForwardRule | InputJump | OverlayUpkeep;

interface Upkeep {
  readonly by: string;
  readonly everyMs: number;
}

/** A rule of the FORWARD chain that accepts the pods' traffic. */
export interface ForwardRule extends Upkeep {
  readonly what: "forward-rule";
  readonly rule: { readonly table: "filter"; readonly chain: "FORWARD"; readonly target: string };
}

/** A jump that the agent wants ahead of all other rules in INPUT, so that a rule put before it comes to stand behind. */
export interface InputJump extends Upkeep {
  readonly what: "first-in-input";
  readonly target: string;
}

/** The overlay's device set up when it is down; its routes and neighbours; its MAC address. */
export interface OverlayUpkeep extends Upkeep {
  readonly what: "overlay-up" | "overlay-routes" | "overlay-mac";
}

/** What a CNI says of one thing that is put back; undefined where nobody does. Pure. */
export function resyncOf<W extends Resync["what"]>(
  { resyncs }: Pick<Traits, "resyncs">,
  what: W,
): (Resync & { readonly what: W }) | undefined {
  return resyncs.find((one): one is Resync & { readonly what: W } => one.what === what);
}
