import type { Cell, IpFamily, ProxyMode, Traits } from "../../../lib/model/cell.ts";
import type { CniVersion } from "../../image/cni-version.ts";
import type { CheckContext } from "../../setup/check.ts";

export type MachineProbe = Pick<CheckContext, "exec" | "readText" | "platform">;

/** What a CNI's folder states about it; a folder a CNI, or a family of them. */
export interface Cni {
  readonly name: string;
  /** Other names people use for it. */
  readonly aliases?: readonly string[];
  /** Of the folder's images, where several CNIs share them; its own name otherwise. */
  readonly imageName?: string;
  /** One line, for `list`. */
  readonly what: string;
  /** The first is what a cell takes when it names none. */
  readonly versions: readonly CniVersion[];
  readonly proxyModes: readonly ProxyMode[];
  readonly ipFamilies: readonly IpFamily[];
  /** Why a combination of otherwise known parts is not to be had, in the vendor's terms; null where it is. */
  readonly refuses?: (cell: Cell) => string | null;
  /** What a machine lacks that the CNI cannot do without, as what a cell "needs"; null for nothing, absent where any machine will do. Looks and changes nothing. */
  readonly lacks?: (cell: Cell, machine: MachineProbe) => Promise<string | null>;
  readonly traits: (cell: Cell) => Traits;
  readonly install: Install;
}

/** How a CNI comes onto a running cluster. */
export type Install = ByManifest | OnNodes | ByKind;

export interface ByManifest {
  readonly by: "manifest";
  /** File below clusters/cni with its CustomResourceDefinitions, without tokens: applied before the manifest. */
  readonly kinds?: string;
  /** File below clusters/cni, the same online and offline; {{TOKENS}} in it are filled with `tokens`. */
  readonly manifest: string;
  /** `podSubnets`: the cluster's, a family each. */
  readonly tokens: (cell: Cell, podSubnets: readonly string[]) => Readonly<Record<string, string>>;
  /** The pods that must be Ready before the CNI is, one a node. */
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

/** A node as a script without an agent has to know it. */
export interface NodeNetwork {
  readonly container: string;
  /** spec.podCIDRs, a family each. */
  readonly podCidrs: readonly string[];
  /** Its own addresses, a family each. */
  readonly addresses: readonly string[];
}
