/**
 * The facts about a CNI that claims depend on. Its folder under clusters/cni states them; clusters/traits/ checks
 * them on every cluster before its first scenario.
 */
export interface Traits {
  /** Name of the Linux bridge that joins a node's pods; null without a bridge. */
  readonly bridge: string | null;
  readonly overlay: Overlay | null;
  /** MTU of a pod's interface on a node whose uplink has UPLINK_MTU_BYTES. */
  readonly podMtuBytes: number;
  /** `kernel`: routing and netfilter forward pods' packets. `ebpf`: BPF programs on the pods' devices bypass both. */
  readonly dataplane: "kernel" | "ebpf";
  /** The component that translates ClusterIPs for pods. */
  readonly podClusterIps: "kube-proxy" | "ebpf";
  /** The CNI enforces NetworkPolicies. No node state shows it; the suite services/networkpolicy-deny-all checks it. */
  readonly networkPolicy: boolean;
  /**
   * How pods' packets pass the FORWARD chain whatever its policy: by a rule that the agent appends (see Resync), by the
   * agent's chains ahead of all others, or by BPF programs that bypass the chain. `none`: its policy applies to them.
   */
  readonly forwardAcceptedBy: "rule" | "own-chains" | "ebpf" | "none";
  /**
   * Selects the agent's pods, one on each node; null if the CNI only has plugins, which run when a pod comes or goes.
   */
  readonly agent: { readonly namespace: string; readonly selector: string } | null;
  /** The CNI assigns pods' addresses from its own blocks; absent if they come from the node's spec.podCIDR in order. */
  readonly ownAddressBlocks?: true;
  /** The objects that the agent restores by itself, each at most once. */
  readonly resyncs: readonly Resync[];
}

/** Docker's default MTU for a network's devices. */
export const UPLINK_MTU_BYTES = 1500;

/** Carries pods' packets between nodes in UDP. */
export interface Overlay {
  readonly kind: "vxlan";
  /** The device of the cell's first IP family. */
  readonly device: string;
  /** The device of its second family; absent if the first device carries both. */
  readonly secondDevice?: string;
  readonly udpPort: number;
  /** How the device finds the other end: by its routes, neighbours and FDB entries, or by metadata that BPF writes. */
  readonly endpointsIn: "neighbours" | "metadata";
}

/** An object that an agent restores: what, by whom, and how long that takes at most. */
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

/** A jump that the agent moves back to the top of INPUT, ahead of any rule inserted before it. */
export interface InputJump extends Upkeep {
  readonly what: "first-in-input";
  readonly target: string;
}

/** The overlay device's up state, its routes and neighbours, or its MAC address. */
export interface OverlayUpkeep extends Upkeep {
  readonly what: "overlay-up" | "overlay-routes" | "overlay-mac";
}

/** Returns how a CNI restores one object; undefined if no agent does. Pure. */
export function resyncOf<W extends Resync["what"]>(
  { resyncs }: Pick<Traits, "resyncs">,
  what: W,
): (Resync & { readonly what: W }) | undefined {
  return resyncs.find((resync): resync is Resync & { readonly what: W } => resync.what === what);
}
