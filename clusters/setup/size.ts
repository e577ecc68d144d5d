/** Bytes in a GiB. */
export const GIB = 1024 ** 3;

/** Returns a size in bytes as text: "8 GiB", "2.5 GiB". */
export function inGib(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}
