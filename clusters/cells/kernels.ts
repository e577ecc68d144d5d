import { UsageError } from "../../lib/host/errors.ts";

/** A kernel that a VM of the lane runs: user-mode Linux, a process of this machine, built from Debian's source. */
export interface LaneKernel {
  /** Its name in `--kernel` and in a cell. */
  readonly name: string;
  /** The Debian suite whose linux-source it is built from; the suite decides the release. */
  readonly suite: string;
}

/**
 * The lane's kernels; the first is for a cell that needs a kernel and names none. User-mode Linux runs a program's own
 * instructions at the processor's speed, with KVM and without. trixie-backports had 7.3.4 on 2026-11-21. Sources older
 * than 6.16 have only the slow way to trap system calls (arch/um, "seccomp").
 */
export const LANE_KERNELS: readonly [LaneKernel, ...LaneKernel[]] = [{ name: "um:newest", suite: "trixie-backports" }];

/** Returns the kernels that a cell can name, as text: the machine's own, then the lane's. */
export const knownKernels = (): string => ["host", ...LANE_KERNELS.map(({ name }) => name)].join(", ");

/** Returns the kernel of that name. Throws UsageError naming the known ones. */
export function laneKernel(name: string): LaneKernel {
  const found = LANE_KERNELS.find((kernel) => kernel.name === name);
  if (found) return found;
  throw new UsageError(`kernel ${JSON.stringify(name)} is not known`, `known kernels: ${knownKernels()}`);
}
