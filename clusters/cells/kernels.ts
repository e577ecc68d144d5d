import { UsageError } from "../../lib/host/errors.ts";
import { closestMatch } from "./closest-match.ts";

/** A kernel that a VM can be given. */
export interface LaneKernel {
  /** What `--kernel` and a cell call it. */
  readonly name: string;
  /** The Debian suite it is of; which release that is, the suite decides. */
  readonly suite: string;
  /** Debian's own build (linux-image-cloud-amd64) in QEMU, or Debian's source (linux-source) built as user-mode Linux, a process of this machine. */
  readonly runsIn: "qemu" | "user-mode";
}

/**
 * What a cell gets that needs another kernel than the host's and names none is the first that does for it: user-mode Linux runs a program's own instructions at the processor's speed,
 * with KVM and without, but has no compiler for BPF programs, which a CNI of BPF programs needs. Looked up on a mirror on 2026-11-21: 6.12.107, 6.1.176 and 7.3.4. Older sources than 6.16 have only the slow way to trap system calls (arch/um, "seccomp").
 */
export const LANE_KERNELS: readonly [LaneKernel, ...LaneKernel[]] = [
  { name: "um:newest", suite: "trixie-backports", runsIn: "user-mode" },
  { name: "debian:6.12", suite: "trixie", runsIn: "qemu" },
  { name: "debian:6.1", suite: "bookworm", runsIn: "qemu" },
  { name: "debian:newest", suite: "trixie-backports", runsIn: "qemu" },
];

/** The first of the lane's kernels, of those that compile BPF programs where that is asked. */
export function firstKernel({ compilesBpf }: { readonly compilesBpf: boolean }): LaneKernel {
  return LANE_KERNELS.find(({ runsIn }) => !compilesBpf || runsIn === "qemu") ?? LANE_KERNELS[0];
}

/** The kernel called so. Throws UsageError naming those there are. */
export function laneKernel(name: string): LaneKernel {
  const found = LANE_KERNELS.find((kernel) => kernel.name === name);
  if (found) return found;
  const known = LANE_KERNELS.map((kernel) => kernel.name);
  throw new UsageError(
    `kernel ${JSON.stringify(name)} is not known; the nearest is ${closestMatch(name, known)}`,
    `known kernels: host, ${known.join(", ")}`,
  );
}
