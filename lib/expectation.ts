import type { Symptom } from "./symptom.ts";

/**
 * What a path must show while the fault is in force. A plain symptom says: every flow shows exactly this one.
 * `addresses` adds what the far end must have seen (only with `ok`). `share` says: this part of many flows shows the symptom, the others are ok.
 */
export type Expectation =
  | { readonly symptom: Symptom | readonly Symptom[]; readonly addresses?: AddressClaim }
  | { readonly share: number; readonly symptom: readonly Symptom[]; readonly flows: number };

/** `untranslated`: the server sees the client's own address, reached at the address dialled. `dnat`: reached at another, and the client's address kept. */
export type AddressClaim = "untranslated" | "dnat";
