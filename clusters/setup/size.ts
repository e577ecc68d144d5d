export const GIB = 1024 ** 3;

/** A size in bytes as a person reads it: "8 GiB", "2.5 GiB". */
export function inGib(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}
