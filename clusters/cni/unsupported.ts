/** A CNI that documents speak of and no cell can be made of: asked for by name, it is refused with the reason. */
export interface UnsupportedCni {
  readonly name: string;
  readonly reason: string;
}

export const UNSUPPORTED_CNIS: readonly UnsupportedCni[] = [
  {
    name: "terway",
    reason:
      "Terway takes pods' addresses and devices from its cloud's network interfaces, so it runs nowhere else; what document 002 says of its ENI-IP backends holds for backends on the host network as well, and those any cell can have",
  },
];
