const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Returns a hardware address of any size: `aa:bb:cc:dd:ee:ff`. */
export function hardwareText(view: DataView, at: number, size = 6): string {
  let text = "";
  for (let index = 0; index < size; index += 1) {
    text += `${index === 0 ? "" : ":"}${HEX[view.getUint8(at + index)] ?? ""}`;
  }
  return text;
}

/** Returns an IPv4 address in dotted form. */
export function ipv4Text(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
}

/**
 * Returns an IPv6 address as RFC 5952 requires: lower case, the first longest run of two or more zero groups as `::`,
 * an IPv4-mapped address with dots.
 */
export function ipv6Text(view: DataView, at: number): string {
  const { start, length } = longestZeroRun(view, at);
  if (start === 0 && length === 5 && view.getUint16(at + 10) === 0xffff) return `::ffff:${ipv4Text(view, at + 12)}`;
  if (length < 2) return groups(view, at, 0, 8);
  return `${groups(view, at, 0, start)}::${groups(view, at, start + length, 8)}`;
}

function groups(view: DataView, at: number, from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index += 1) {
    text += `${index === from ? "" : ":"}${view.getUint16(at + 2 * index).toString(16)}`;
  }
  return text;
}

function longestZeroRun(view: DataView, at: number): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && view.getUint16(at + 2 * (start + length)) === 0) length += 1;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}
