import { parseCell } from "../../clusters/cells/cells.ts";
import { cniLacks } from "../../clusters/lane/needs.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";

/** A cell of the tests, and the traits that decide what is seen there. */
export interface MatrixCell {
  readonly cell: string;
  readonly bridge: boolean;
  readonly overlay: boolean;
  /** BPF programs serve the pods. */
  readonly bpf: boolean;
  /** The default set has it; the others are `--all`'s. */
  readonly byDefault: boolean;
}

const TRAITS = { bridge: true, overlay: true, bpf: false, byDefault: false } as const;

/**
 * The cells of test/e2e/matrix.test.ts beside the default cell: each CNI that runs on any kernel and Cilium, both kube-
 * proxy modes, two minors, two versions of flannel, one IP family and both. Two of them are in the default set:
 * nftables with dual stack on the default cell's node image, and Calico, whose pods share no bridge.
 */
export const MATRIX_CELLS: readonly MatrixCell[] = [
  { ...TRAITS, cell: "flannel@0.28.4/nftables/1.34.4/dual", byDefault: true },
  { ...TRAITS, cell: "calico@3.28.5/iptables/1.34.4/ipv4", bridge: false, byDefault: true },
  { ...TRAITS, cell: "flannel@0.26.7/iptables/1.33.13/ipv4" },
  { ...TRAITS, cell: "flannel-host-gw@0.28.4/nftables/1.34.4/ipv4", overlay: false },
  { ...TRAITS, cell: "bridge@1.1.1/iptables/1.34.4/dual", overlay: false },
  { ...TRAITS, cell: "ptp@1.1.1/nftables/1.34.4/ipv4", bridge: false, overlay: false },
  { ...TRAITS, cell: "cilium@1.15.19/iptables/1.34.4/ipv4", bridge: false, bpf: true },
];

/** The cells that a set of tests runs. Pure. */
export function cellsOf(all: boolean): readonly MatrixCell[] {
  return all ? MATRIX_CELLS : MATRIX_CELLS.filter(({ byDefault }) => byDefault);
}

/** What this machine lacks for each of these cells; a cell for which it lacks nothing is not in it. */
export async function lacking(
  cells: readonly MatrixCell[],
  machine: CheckContext,
): Promise<ReadonlyMap<string, string>> {
  const asked = cells.map(async ({ cell }) => [cell, await cniLacks(parseCell(cell), machine)] as const);
  const known = await Promise.all(asked);
  return new Map(known.flatMap(([cell, lacks]) => (lacks === null ? [] : [[cell, lacks] as const])));
}
