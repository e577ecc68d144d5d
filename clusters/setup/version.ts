/** Versions as numbers, for comparing. */

export type Version = readonly [major: number, minor: number, patch: number];

/** The first dotted number in a text ("go version go1.26.8 linux/amd64" → 1.26.8); undefined when there is none. */
export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/** Negative when a is older than b, 0 when equal, positive when newer. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
