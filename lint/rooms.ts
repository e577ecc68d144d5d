/**
 * Who may import whom, folder by folder, types included. Rooms stand in their order from the ground up, and a room may
 * name only rooms that stand before it, so no ring of folders can be written down (test/unit/lint/rooms.test.ts).
 * `X/*` is each folder below X on its own; a folder that is not listed belongs to the nearest listed one above it.
 */
const TABLE: readonly (readonly [string, string])[] = [
  // What a host runs, and the words of the model.
  ["lib/host", ""],
  ["lib/model", "lib/host"],
  ["lib/kubernetes", "lib/host"],
  ["lib/probes", "lib/host lib/model"],
  // Faults: the contract, a folder a kind, the list of kinds, and how one is applied and undone.
  ["lib/faults/contract", "lib/host lib/model"],
  ["lib/faults/kinds/*", "lib/faults/contract lib/host lib/model"],
  ["lib/faults", "lib/faults/contract lib/faults/kinds/* lib/host lib/model"],
  ["lib/faults/run", "lib/faults lib/faults/contract lib/host lib/model"],
  ["lib/journal", "lib/faults lib/faults/contract lib/faults/run lib/host lib/model"],
  // What is claimed, what is kept, what happens, and the judgement.
  ["lib/scenario", "lib/faults lib/host lib/model"],
  ["lib/evidence/pcap", ""],
  ["lib/evidence", "lib/evidence/pcap lib/faults/contract lib/host lib/model"],
  ["lib/fingerprint", "lib/faults/kinds/* lib/host"],
  ["lib/events", "lib/evidence lib/faults lib/host lib/model lib/probes lib/scenario"],
  ["lib/verdict", "lib/events lib/faults lib/model lib/probes"],
  [
    "lib/engine",
    "lib/events lib/evidence lib/faults lib/faults/contract lib/faults/run lib/fingerprint lib/host lib/journal " +
      "lib/model lib/probes lib/scenario lib/verdict",
  ],
  ["lib/baseline", "lib/engine lib/evidence lib/fingerprint lib/host lib/model lib/probes lib/scenario lib/verdict"],
  ["lib/mocha", "lib/host lib/model lib/probes lib/scenario lib/verdict"],
  // Explanations know evidence and observations, never a fault or a scenario.
  ["lib/why/facts", "lib/evidence lib/fingerprint"],
  ["lib/why/case", "lib/evidence lib/evidence/pcap lib/model lib/probes lib/why/facts"],
  ["lib/why/rules", "lib/evidence/pcap lib/fingerprint lib/why/case lib/why/facts"],
  ["lib/why", "lib/model lib/probes lib/why/case lib/why/facts lib/why/rules"],
  // What is tested on.
  ["clusters/versions", ""],
  ["clusters/addressing", "lib/model"],
  ["clusters/ownership", "lib/host lib/model"],
  ["clusters/roles", "lib/host lib/model"],
  ["clusters/traits", "lib/host lib/model"],
  ["clusters/image", "clusters/ownership clusters/versions lib/host"],
  ["clusters/setup", "clusters/ownership clusters/versions lib/host lib/model"],
  ["clusters/cni/contract", "clusters/image clusters/setup lib/model"],
  [
    "clusters/cni/*",
    "clusters/addressing clusters/cni/contract clusters/image clusters/setup clusters/versions lib/model",
  ],
  ["clusters/cni", "clusters/cni/* clusters/cni/contract"],
  ["clusters/cells", "clusters/cni clusters/cni/contract clusters/image lib/host lib/model"],
  [
    "clusters/create",
    "clusters/addressing clusters/cells clusters/cni/contract clusters/image clusters/ownership clusters/roles " +
      "clusters/setup lib/engine lib/events lib/host lib/kubernetes lib/model lib/probes",
  ],
  ["clusters/lane/guest", ""],
  [
    "clusters/lane",
    "clusters/cells clusters/cni/contract clusters/image clusters/lane/guest clusters/ownership clusters/setup " +
      "clusters/versions lib/host lib/model",
  ],

  // Reports import only types from other rooms (TYPES_ONLY).
  ["reports", "lib/baseline lib/events lib/faults lib/model lib/probes lib/verdict"],
  // The composition root: all of lib and clusters; between its own rooms one way.
  ["cli/host", "clusters/** lib/** reports"],
  ["cli/store", "clusters/** lib/**"],
  ["cli/cell", "cli/host cli/store clusters/** lib/**"],
  ["cli/own-tests", "cli/host clusters/** lib/**"],
  ["cli/commands", "cli/cell cli/host cli/own-tests cli/store clusters/** lib/** reports"],
  ["cli", "cli/cell cli/commands cli/host clusters/ownership lib/host"],
  ["suites", "lib/scenario lib/model lib/mocha"],
];

/** A room and the rooms that it may import from. */
export type Room = readonly [room: string, names: readonly string[]];

export const ROOMS: readonly Room[] = TABLE.map(([room, names]) => [room, names === "" ? [] : names.split(" ")]);

/** Rooms that may import nothing but types from outside of them. */
export const TYPES_ONLY: readonly string[] = ["reports"];

/** The top folders that a folder outside of the product may import from. */
export const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  bench: ["bench", "cli", "clusters", "lib", "reports", "test"],
  test: ["test", "suites", "cli", "clusters", "lib", "reports", "bench", "lint"],
};

/** Returns the room of a folder (`lib/probes/on-node` is in `lib/probes`); null for a folder outside of all rooms. */
export function roomOf(folder: string, rooms: readonly Room[] = ROOMS): string | null {
  for (let at = folder; at !== "." && at !== ""; at = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "") {
    const exact = rooms.find(([room]) => room === at);
    if (exact) return exact[0];
    const each = rooms.find(([room]) => room.endsWith("/*") && at.startsWith(room.slice(0, -1)));
    if (each) return at === folder || !at.slice(each[0].length - 1).includes("/") ? each[0] : null;
  }
  return null;
}

/** Returns true if a list names the room; `clusters/**` names `clusters` and all rooms below it. */
export function isNamed(room: string, names: readonly string[]): boolean {
  return names.some((name) => {
    if (!name.endsWith("/**")) return name === room;
    const top = name.slice(0, -3);
    return room === top || room.startsWith(`${top}/`);
  });
}
