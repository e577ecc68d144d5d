import type { LayerName, Problem } from "./packet.ts";

/**
 * The part of a frame that one layer may look at. Reads go through a DataView, which throws where an array would give undefined: a
 * forgotten check shows in the fuzz test and is not a wrong zero in a verdict. Offsets count from the frame's first byte.
 */
export interface Span {
  readonly view: DataView;
  readonly start: number;
  /** Where the captured bytes end. */
  readonly end: number;
  /** Where they would end had all been captured, by the headers so far; ≥ `end`. */
  readonly fullEnd: number;
}

/** What a layer's reader gives: the layer, what it carries, and why there is not more, each where there is one. */
export interface Read<Layer> {
  readonly layer?: Layer;
  readonly rest?: Span;
  readonly problem?: Problem;
}

export function spanOf(data: Uint8Array, originalLength: number): Span {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { view, start: 0, end: data.length, fullEnd: Math.max(originalLength, data.length) };
}

/** How many captured bytes there are. */
export function sizeOf({ start, end }: Span): number {
  return end - start;
}

/** Without the first `size` bytes, which must be there. */
export function after({ view, start, end, fullEnd }: Span, size: number): Span {
  return { view, start: start + size, end, fullEnd };
}

/** Only the first `size` bytes, by a length that a header gives: what follows is padding. */
export function limited({ view, start, end, fullEnd }: Span, size: number): Span {
  const limit = Math.min(start + size, fullEnd);
  return { view, start, end: Math.min(end, limit), fullEnd: limit };
}

export function failed(layer: LayerName, reason: Problem["reason"], { start }: Span): { readonly problem: Problem } {
  return { problem: { layer, reason, offset: start } };
}
