import type { Size } from "../../lib/model/nodes.ts";
import { GIB } from "./size.ts";

/** The machine's resources that are free now. */
export interface Spare {
  readonly cores: number;
  /** MemAvailable, in bytes; undefined where the system does not report it. */
  readonly availableBytes: number | undefined;
  /** The number of further nodes that have inotify instances; undefined where the kernel has no such limit. */
  readonly inotifyNodes: number | undefined;
}

/** The number of a run's cells under way at once, and of those that may run suites at once. */
export interface SideBySide {
  readonly clusters: number;
  readonly suites: number;
}

/** A cluster of two nodes takes about 0.6 GiB with flannel, 0.8 with Calico; more for a while during its creation. */
const BYTES_A_NODE = GIB / 2;
/** Left for other programs. */
const BYTES_FOR_OTHERS = GIB;
/** Keeps probes from waiting for the CPU. A cautious figure, not yet measured: bench/side-by-side.ts. */
const CORES_A_SUITE = 2;

/** The cells to run in parallel. */
export interface Cells {
  readonly count: number;
  /** The most nodes of any of their clusters. */
  readonly nodes: Size;
}

/**
 * Returns how many of the cells run in parallel, at least one. A requested number applies to clusters and suites alike.
 * Otherwise memory and inotify instances limit the clusters, and one suite runs per two cores. One more cluster is
 * created or waits meanwhile, so that its creation costs no time. Pure.
 */
export function sideBySide({ count, nodes }: Cells, spare: Spare, requested?: number): SideBySide {
  if (requested !== undefined)
    return { clusters: atLeastOne(Math.min(requested, count)), suites: atLeastOne(requested) };
  const { cores, availableBytes = Infinity, inotifyNodes = Infinity } = spare;
  const suites = atLeastOne(Math.floor(cores / CORES_A_SUITE));
  const byMemory = Math.floor((availableBytes - BYTES_FOR_OTHERS) / (BYTES_A_NODE * nodes));
  const byInotify = Math.floor(inotifyNodes / nodes);
  const clusters = atLeastOne(Math.min(count, suites + 1, byMemory, byInotify));
  return { clusters, suites: Math.min(suites, clusters) };
}

function atLeastOne(count: number): number {
  return Math.max(1, count);
}
