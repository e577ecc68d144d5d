/** A CNI of the documents that no cell supports: named in a cell, it is refused with the reason. */
export interface UnsupportedCni {
  readonly name: string;
  readonly reason: string;
}

/** The CNIs that are refused by name. */
export const UNSUPPORTED_CNIS: readonly UnsupportedCni[] = [
  {
    name: "terway",
    reason:
      "Terway takes pods' addresses and devices from its cloud's network interfaces, so it runs only there; " +
      "what document 002 (docs/field-documents.md) says of its ENI-IP backends also holds for backends on the host " +
      "network, in any cell",
  },
];
