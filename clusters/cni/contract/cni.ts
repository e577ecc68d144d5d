import type { Cell, IpFamily, ProxyMode, Traits } from "../../../lib/model/cell.ts";
import type { CniVersion } from "../../image/cni-version.ts";
import type { CheckContext } from "../../setup/check.ts";

/** The functions that a CNI's check of the machine uses. */
export type MachineProbe = Pick<CheckContext, "exec" | "readText" | "platform">;

/** The declaration of a CNI; each folder holds one, or a family of them. */
export interface Cni {
  readonly name: string;
  /** Other names people use for it. */
  readonly aliases?: readonly string[];
  /** The name of the folder's images, where several CNIs share them; default: its own name. */
  readonly imageName?: string;
  /** One line, for `list`. */
  readonly what: string;
  /** The first is the default. */
  readonly versions: readonly CniVersion[];
  readonly proxyModes: readonly ProxyMode[];
  readonly ipFamilies: readonly IpFamily[];
  /** Returns the reason that a combination of known parts is unavailable, in the vendor's terms, or null. */
  readonly refuses?: (cell: Cell) => string | null;
  /**
   * Returns what the machine lacks for this CNI, as what a cell "needs", or null. Absent if any machine works. Reads
   * only.
   */
  readonly lacks?: (cell: Cell, machine: MachineProbe) => Promise<string | null>;
  readonly traits: (cell: Cell) => Traits;
  readonly install: Install;
}

/** The way to install a CNI on a running cluster. */
export type Install = ByManifest | OnNodes | ByKind;

export interface ByManifest {
  readonly by: "manifest";
  /** File below clusters/cni with its CustomResourceDefinitions, without tokens; applied before the manifest. */
  readonly kinds?: string;
  /** File below clusters/cni, the same online and offline; `tokens` fills the {{TOKENS}} in it. */
  readonly manifest: string;
  /** `podSubnets`: the cluster's, one per family. */
  readonly tokens: (cell: Cell, podSubnets: readonly string[]) => Readonly<Record<string, string>>;
  /** The CNI's pods, one per node; the CNI is ready when they are. */
  readonly ready: { readonly namespace: string; readonly selector: string };
}

/** No agent: a script that runs once on each node. */
export interface OnNodes {
  readonly by: "script";
  /** File below clusters/cni; a constant. */
  readonly script: string;
  readonly args: (
    podSubnets: readonly string[],
    node: NodeNetwork,
    others: readonly NodeNetwork[],
  ) => readonly string[];
}

/** kind's own default. */
export interface ByKind {
  readonly by: "kind";
  readonly ready: { readonly namespace: string; readonly selector: string };
}

/** A node's facts for an install script. */
export interface NodeNetwork {
  readonly container: string;
  /** spec.podCIDRs, one per family. */
  readonly podCidrs: readonly string[];
  /** Its own addresses, one per family. */
  readonly addresses: readonly string[];
}
