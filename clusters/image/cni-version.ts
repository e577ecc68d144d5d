import type { ContainerImage } from "./container-image.ts";
import type { Step } from "./recipe.ts";

/** A release of a CNI and what a node image must hold for it. */
export interface CniVersion {
  readonly version: string;
  /** Offline: its own builds, then the images made of them. Absent: all of it is in every node image. */
  readonly offline?: OfflineParts;
  /** Where a registry answers: upstream's image by the name the manifest has. */
  readonly upstream?: readonly UpstreamImage[];
  /** The plugins in them, for /opt/cni/bin. */
  readonly upstreamPlugins?: readonly { readonly from: string; readonly path: string; readonly file: string }[];
  /** Why it cannot be had offline; the cell is refused there with this reason. */
  readonly onlineOnly?: string;
}

export interface OfflineParts {
  readonly steps: readonly Step[];
  readonly images: readonly ContainerImage[];
  /** For /opt/cni/bin, beside the reference plugins. */
  readonly plugins: readonly MadeFile[];
}

export interface MadeFile {
  readonly step: string;
  readonly file: string;
  /** What it is called there; `file` otherwise. */
  readonly as?: string;
}

export interface UpstreamImage {
  readonly name: string;
  readonly from: string;
}
