import { UsageError } from "../../lib/host/errors.ts";
import { closestMatch } from "./closest-match.ts";

/** A kernel for a VM. */
export interface LaneKernel {
  /** Its name in `--kernel` and in a cell. */
  readonly name: string;
  /** Its Debian suite, which decides the release. */
  readonly suite: string;
  /**
   * Debian's own build (linux-image-cloud-amd64) in QEMU, or Debian's source (linux-source) built as user-mode Linux, a
   * process of this machine.
   */
  readonly runsIn: "qemu" | "user-mode";
}

/**
 * The lane's kernels. A cell that needs another kernel than the host's, and names none, gets the first one that suits
 * it. User-mode Linux runs a program's own instructions at the processor's speed, with or without KVM. It has no
 * compiler for BPF programs, which eBPF CNIs need. Versions found on a mirror on 2026-11-21: 6.12.107, 6.1.176 and
 * 7.3.4. Sources older than 6.16 have only the slow way to trap system calls (arch/um, "seccomp").
 */
export const LANE_KERNELS: readonly [LaneKernel, ...LaneKernel[]] = [
  { name: "um:newest", suite: "trixie-backports", runsIn: "user-mode" },
  { name: "debian:6.12", suite: "trixie", runsIn: "qemu" },
  { name: "debian:6.1", suite: "bookworm", runsIn: "qemu" },
  { name: "debian:newest", suite: "trixie-backports", runsIn: "qemu" },
];

/** Returns the first of the lane's kernels, or the first that compiles BPF programs if that is required. */
export function firstKernel({ compilesBpf }: { readonly compilesBpf: boolean }): LaneKernel {
  return LANE_KERNELS.find(({ runsIn }) => !compilesBpf || runsIn === "qemu") ?? LANE_KERNELS[0];
}

/** Returns the kernel of this name. Throws UsageError with the known names. */
export function laneKernel(name: string): LaneKernel {
  const match = LANE_KERNELS.find((kernel) => kernel.name === name);
  if (match) return match;
  const known = LANE_KERNELS.map((kernel) => kernel.name);
  throw new UsageError(
    `kernel ${JSON.stringify(name)} is not known; the nearest is ${closestMatch(name, known)}`,
    `known kernels: host, ${known.join(", ")}`,
  );
}
