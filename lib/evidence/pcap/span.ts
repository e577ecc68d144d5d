import type { LayerName, Problem } from "./packet.ts";

/**
 * The part of a frame that one layer may read. Reads use a DataView, which throws where an array would return
 * undefined: a missing check shows in the fuzz test, not as a wrong zero in a verdict. Offsets count from the frame's
 * first byte.
 */
export interface Span {
  readonly view: DataView;
  readonly start: number;
  /** The end of the captured bytes. */
  readonly end: number;
  /** The end if all bytes had been captured, by the headers so far; ≥ `end`. */
  readonly fullEnd: number;
}

/** The result of a layer's reader: the layer, its payload, and the problem that ended it, each where present. */
export interface Read<Layer> {
  readonly layer?: Layer;
  readonly rest?: Span;
  readonly problem?: Problem;
}

/** Returns the span of a whole frame. */
export function spanOf(data: Uint8Array, originalLength: number): Span {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { view, start: 0, end: data.length, fullEnd: Math.max(originalLength, data.length) };
}

/** Returns the number of captured bytes. */
export function sizeOf({ start, end }: Span): number {
  return end - start;
}

/** Returns the span without its first `size` bytes, which must be captured. */
export function after({ view, start, end, fullEnd }: Span, size: number): Span {
  return { view, start: start + size, end, fullEnd };
}

/** Returns the first `size` bytes, a length from a header: the bytes after them are padding. */
export function limited({ view, start, end, fullEnd }: Span, size: number): Span {
  const limit = Math.min(start + size, fullEnd);
  return { view, start, end: Math.min(end, limit), fullEnd: limit };
}

/** Returns a result with a problem at the start of a span. */
export function failed(layer: LayerName, reason: Problem["reason"], { start }: Span): { readonly problem: Problem } {
  return { problem: { layer, reason, offset: start } };
}
