import { parseCell } from "../../clusters/cells/cells.ts";
import { kernelLacks } from "../../clusters/lane/needs.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";

/** A cell of the tests, and the traits that decide what is seen there. */
export interface MatrixCell {
  readonly cell: string;
  readonly bridge: boolean;
  readonly overlay: boolean;
  /** BPF programs serve the pods. */
  readonly bpf: boolean;
}

/**
 * The cells of test/e2e beside the default one: each CNI that runs on any kernel and Cilium, both kube-proxy modes, two minors, two versions of flannel (the default cell has
 * the other), one IP family and both. Their images are made before the tests.
 */
const MATRIX_CELLS: readonly MatrixCell[] = [
  { cell: "flannel@0.26.7/iptables/1.33.13/ipv4", bridge: true, overlay: true, bpf: false },
  { cell: "flannel-host-gw@0.28.4/nftables/1.34.4/ipv4", bridge: true, overlay: false, bpf: false },
  { cell: "bridge@1.1.1/iptables/1.34.4/dual", bridge: true, overlay: false, bpf: false },
  { cell: "ptp@1.1.1/nftables/1.34.4/ipv4", bridge: false, overlay: false, bpf: false },
  { cell: "calico@3.28.5/iptables/1.34.4/ipv4", bridge: false, overlay: true, bpf: false },
  { cell: "cilium@1.15.19/iptables/1.34.4/ipv4", bridge: false, overlay: true, bpf: true },
];

/** Those that this machine carries as it is, and what each of the others needs that it lacks. */
export async function matrixCells(machine: CheckContext): Promise<{
  readonly here: readonly MatrixCell[];
  readonly elsewhere: readonly { readonly cell: string; readonly lacks: string }[];
}> {
  const asked = MATRIX_CELLS.map(async (one) => ({ one, lacks: await kernelLacks(parseCell(one.cell), machine) }));
  const known = await Promise.all(asked);
  return {
    here: known.flatMap(({ one, lacks }) => (lacks === null ? [one] : [])),
    elsewhere: known.flatMap(({ one, lacks }) => (lacks === null ? [] : [{ cell: one.cell, lacks }])),
  };
}
