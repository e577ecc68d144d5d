import type { NodeRole } from "../model/nodes.ts";
import type { CaptureCounts } from "./capture.ts";
import { counterDeltas, type Deltas } from "./counters.ts";
import type { WrittenFile } from "./folder.ts";
import type { Interface } from "./interfaces.ts";
import type { NodeState } from "./state.ts";
import type { Tally } from "./tally.ts";

export type Moment = "before" | "during" | "after";
/** `small`: what the captures and counters came to, without them. */
export type KeptAmount = "full" | "small" | "none";

export interface CaptureEntry {
  readonly node: NodeRole;
  readonly file: WrittenFile;
  readonly interfaces: readonly Interface[];
  readonly counts: CaptureCounts;
  readonly tally: Tally;
  readonly filter: string;
}

export interface StateEntry extends NodeState {
  readonly moment: Moment;
  readonly node: NodeRole;
  readonly durationMs: number;
  readonly files: readonly WrittenFile[];
}

export interface Taken {
  readonly kept: KeptAmount;
  readonly captures: readonly CaptureEntry[];
  readonly states: readonly StateEntry[];
  readonly trouble: readonly string[];
}

/** `index.json` of a scenario's evidence: what there is, and what is missing and why. */
export interface EvidenceIndex {
  readonly schemaVersion: 1;
  readonly kept: KeptAmount;
  /** On all devices of the node at once; `cut`: it had reached its limit, what came later is missing. */
  readonly captures: readonly Omit<CaptureEntry, "interfaces">[];
  readonly states: readonly {
    readonly moment: Moment;
    readonly node: NodeRole;
    readonly durationMs: number;
    /** Empty where only a summary is kept. */
    readonly files: readonly WrittenFile[];
    /** What was asked and had nothing to say. */
    readonly empty: readonly string[];
    readonly missing: readonly string[];
  }[];
  /** Counters that changed since `before`, by the file they are in. */
  readonly counters: readonly {
    readonly moment: Moment;
    readonly node: NodeRole;
    readonly of: string;
    readonly deltas: Deltas;
  }[];
  readonly trouble: readonly string[];
}

/** The index of what was taken. Pure. */
export function indexOf({ kept, captures, states, trouble }: Taken): EvidenceIndex {
  return {
    schemaVersion: 1,
    kept,
    // Its devices have a file of their own.
    captures: captures.map(({ node, file, counts, tally, filter }) => ({ node, file, counts, tally, filter })),
    states: states.map(({ moment, node, durationMs, files, texts, missing }) => ({
      moment,
      node,
      durationMs,
      missing,
      files: kept === "full" ? files : [],
      empty: [...texts].filter(([, text]) => text === "").map(([name]) => name),
    })),
    counters: states.flatMap((state) => countersOf(state, states)),
    trouble,
  };
}

function countersOf({ moment, node, texts }: StateEntry, states: readonly StateEntry[]) {
  const before = states.find((one) => one.moment === "before" && one.node === node);
  if (!before || moment === "before") return [];
  return [...texts].flatMap(([of, text]) => {
    const was = before.texts.get(of);
    return was === undefined || !of.endsWith("nstat") ? [] : [{ moment, node, of, deltas: counterDeltas(was, text) }];
  });
}
