import type { Size } from "../../lib/model/nodes.ts";
import { GIB } from "./size.ts";

/** What a run may use of its machine just now. */
export interface Spare {
  readonly cores: number;
  /** MemAvailable, in bytes; undefined where the system does not tell. */
  readonly availableBytes: number | undefined;
  /** For how many more nodes there are inotify instances; undefined where the kernel has no such limit. */
  readonly inotifyNodes: number | undefined;
}

/** How many cells of a run are under way at the same time, and how many of them may be at their suites. */
export interface SideBySide {
  readonly clusters: number;
  readonly suites: number;
}

/** A cluster of two nodes takes about 0.6 GiB with flannel, 0.8 with Calico; its making more for a while. */
const BYTES_A_NODE = GIB / 2;
/** Left for everybody else. */
const BYTES_FOR_OTHERS = GIB;
/** So that probes do not wait for the CPU. A cautious figure, not yet measured: bench/side-by-side.ts. */
const CORES_A_SUITE = 2;

/** What is to go side by side. */
export interface Cells {
  readonly count: number;
  /** Of the cluster of each, at most. */
  readonly nodes: Size;
}

/**
 * How many of the cells go side by side. Asked for a number, that many clusters are there at once, and all may be at their suites. Else: as many as memory and
 * inotify instances leave room for; at their suites one a two cores, and one cluster more in the making or waiting, so that its making costs no time. At least one. Pure.
 */
export function sideBySide({ count, nodes }: Cells, spare: Spare, asked?: number): SideBySide {
  if (asked !== undefined) return { clusters: atLeastOne(Math.min(asked, count)), suites: atLeastOne(asked) };
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
