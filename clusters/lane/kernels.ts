import { UsageError } from "../../lib/errors.ts";
import { nearest } from "../nearest.ts";

/** A kernel that a VM can be given. */
export interface LaneKernel {
  /** What `--kernel` and a cell call it. */
  readonly name: string;
  /** The Debian suite whose linux-image-cloud-amd64 it is; which release that is, the suite decides. */
  readonly suite: string;
}

/** The first is taken where a cell needs a kernel other than the host's and names none. Looked up on a mirror on 2026-11-21: 6.12.107, 6.1.176 and 7.3.4. */
export const LANE_KERNELS: readonly [LaneKernel, ...LaneKernel[]] = [
  { name: "debian:6.12", suite: "trixie" },
  { name: "debian:6.1", suite: "bookworm" },
  { name: "debian:newest", suite: "trixie-backports" },
];

/** The kernel called so. Throws UsageError naming those there are. */
export function laneKernel(name: string): LaneKernel {
  const found = LANE_KERNELS.find((kernel) => kernel.name === name);
  if (found) return found;
  const known = LANE_KERNELS.map((kernel) => kernel.name);
  throw new UsageError(
    `kernel ${JSON.stringify(name)} is not known; the nearest is ${nearest(name, known)}`,
    `known kernels: host, ${known.join(", ")}`,
  );
}
