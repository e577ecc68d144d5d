/** Parses and compares versions as numbers. */

export type Version = readonly [major: number, minor: number, patch: number];

/** Returns the first dotted number in a text ("go version go1.26.8 linux/amd64" → 1.26.8), or undefined. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** Returns a negative number when a is older than b, 0 when equal, a positive number when newer. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
