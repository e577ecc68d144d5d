import type { Cluster, Whereabouts } from "../model/cluster.ts";
import type { Mode } from "../model/mode.ts";
import { nodesOf, type NodeRole } from "../model/nodes.ts";
import type { Verdict } from "../model/verdict.ts";
import { startCapture, type Capture, type Captured } from "./capture.ts";
import { captureFilter, flowsOf, type Flows } from "./flows.ts";
import { makeFolder, type Folder, type WrittenFile } from "./folder.ts";
import { indexOf, type CaptureEntry, type KeptAmount, type Moment, type StateEntry } from "./index-file.ts";
import { placesOf, podPidsOn } from "./places.ts";
import { readState } from "./state.ts";
import { newId } from "./sweep.ts";
import { tallyOf } from "./tally.ts";

export type { KeptAmount, Moment } from "./index-file.ts";

/** What to keep of a scenario: everything; everything where it did not pass; nothing is even taken. */
export const EVIDENCE_LEVELS = ["all", "failures", "none"] as const;
export type EvidenceLevel = (typeof EVIDENCE_LEVELS)[number];

export interface EvidenceOptions {
  readonly cluster: Cluster;
  readonly where: Whereabouts;
  /** Folder to make for it; another is made beside it when it is there. */
  readonly dir: string;
  /** Default: those of the cluster's roles. */
  readonly flows?: Flows;
  readonly level: EvidenceLevel;
  /** Node states that were read earlier, which are kept and compared like those that are read now. */
  readonly earlier?: readonly Omit<StateEntry, "files">[];
  /** By which what a killed harness left of it is found on the nodes (captureMark); default: by nothing. */
  readonly mark?: string;
  /** Aborts starting and marking; ending goes on, so that nothing is left on the nodes. */
  readonly signal?: AbortSignal;
}

/** What was kept, as the event log tells it. */
export interface KeptEvidence {
  /** Null when nothing was kept. */
  readonly dir: string | null;
  readonly kept: KeptAmount;
  readonly files: number;
  readonly bytes: number;
  readonly trouble: readonly string[];
}

/** The evidence of one scenario while it is taken. Never throws: errors are in the index and in `trouble`. */
export interface Evidence {
  /** Reads the state of all nodes side by side. */
  readonly mark: (moment: Moment) => Promise<void>;
  /** Ends the captures and writes them; may be called before the last mark, and again. */
  readonly stop: () => Promise<void>;
  /** Stops and writes everything, the index too. Resolves to the folder; null when there is none. */
  readonly settle: () => Promise<string | null>;
  /** Settles, and removes what is not to be kept. */
  readonly keep: (kept: KeptAmount) => Promise<KeptEvidence>;
}

/** Returns how much evidence to keep: all of a surprise. In a selfcheck a pass is the surprise, not a fail. Pure. */
export function keptFor(level: EvidenceLevel, verdict: Verdict, mode: Mode): KeptAmount {
  if (level === "none") return "none";
  const expected = mode === "as-claimed" ? "pass" : "fail";
  return level === "failures" && (verdict === expected || verdict === "skip") ? "small" : "full";
}

/** Starts a capture on nodes A and B; both listen when it resolves. Never throws. */
export async function startEvidence(options: EvidenceOptions): Promise<Evidence> {
  if (options.level === "none") return nothing([]);
  try {
    const folder = makeFolder(options.dir);
    const taking = new Taking(options, folder);
    await taking.start();
    return taking;
  } catch (error) {
    return nothing([`evidence: ${(error as Error).message}`]);
  }
}

function nothing(trouble: readonly string[]): Evidence {
  const none: KeptEvidence = { dir: null, kept: "none", files: 0, bytes: 0, trouble };
  const nothing = () => Promise.resolve();
  return { mark: nothing, stop: nothing, settle: () => Promise.resolve(null), keep: () => Promise.resolve(none) };
}

class Taking implements Evidence {
  readonly #options: EvidenceOptions;
  readonly #flows: Flows;
  readonly #folder: Folder;
  readonly #captures = new Map<NodeRole, Capture>();
  readonly #captured: CaptureEntry[] = [];
  readonly #states: StateEntry[] = [];
  readonly #trouble: string[] = [];
  #stopped: Promise<void> | null = null;

  constructor(options: EvidenceOptions, folder: Folder) {
    this.#options = options;
    this.#folder = folder;
    this.#flows = options.flows ?? flowsOf(options.where);
  }

  async start(): Promise<void> {
    for (const state of this.#options.earlier ?? []) this.#add(state);
    const filter = captureFilter(this.#flows);
    await this.#onEach("capture", nodesOf(this.#options.cluster.record.containers), async (node) => {
      const { cluster, signal } = this.#options;
      const capture = { id: newId(this.#options.mark), filter, pods: podPidsOn(this.#options.where, node) };
      this.#captures.set(node, await startCapture(cluster.exec(node), capture, signal));
    });
  }

  async mark(moment: Moment): Promise<void> {
    await this.#onEach(`state ${moment}`, this.#nodes(), async (node) => {
      const { cluster, signal } = this.#options;
      const startedAtMs = performance.now();
      // Without a capture the node's clock is unknown; a few earlier lines do no harm.
      const since = this.#captures.get(node)?.since ?? { time: "", uptimeS: "0" };
      const { cni } = cluster.record.cell;
      const pods = podPidsOn(this.#options.where, node);
      const state = await readState(
        cluster.exec(node),
        { mark: newId(), since, cni, flows: this.#flows, pods },
        signal,
      );
      const durationMs = Math.round(performance.now() - startedAtMs);
      this.#add({ moment, node, durationMs, ...state });
    });
  }

  #add(state: Omit<StateEntry, "files">): void {
    const files = [...state.texts]
      .filter(([, text]) => text !== "")
      .map(([name, text]) => this.#folder.write(`${state.moment}/${state.node}/${fileName(name)}`, text));
    this.#states.push({ ...state, files });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#onEach("capture", [...this.#captures.keys()], async (node) => {
      const captured = await this.#captures.get(node)?.stop();
      if (captured) this.#write(node, captured);
    });
    return this.#stopped;
  }

  async settle(): Promise<string | null> {
    await this.stop();
    try {
      this.#writeIndex("full");
    } catch (error) {
      this.#trouble.push(`index: ${(error as Error).message}`);
    }
    return this.#folder.path;
  }

  async keep(kept: KeptAmount): Promise<KeptEvidence> {
    await this.stop();
    const trouble = this.#trouble;
    try {
      if (kept === "none") this.#folder.remove(".");
      if (kept === "none") return { dir: null, kept, files: 0, bytes: 0, trouble };
      if (kept === "small") for (const { path } of this.#everything()) this.#folder.remove(path);
      if (kept === "small") for (const { moment } of this.#states) this.#folder.remove(moment);
      const files = [...(kept === "full" ? this.#everything() : []), ...this.#writeIndex(kept)];
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return { dir: this.#folder.path, kept, files: files.length, bytes, trouble };
    } catch (error) {
      const dir = this.#folder.path;
      return { dir, kept, files: 0, bytes: 0, trouble: [...trouble, `index: ${(error as Error).message}`] };
    }
  }

  #writeIndex(kept: KeptAmount): readonly WrittenFile[] {
    const interfaces = Object.fromEntries(this.#captured.map((one) => [one.node, one.interfaces]));
    const index = indexOf({ kept, captures: this.#captured, states: this.#states, trouble: this.#trouble });
    const summary = { index, interfaces, where: placesOf(this.#options.where) };
    return Object.entries(summary).map(([name, one]) => this.#writeJson(`${name}.json`, one));
  }

  #write(node: NodeRole, { pcap, interfaces, counts }: Captured): void {
    const file = this.#folder.write(`${node}.pcap`, pcap);
    const filter = captureFilter(this.#flows).join(" ");
    this.#captured.push({ node, file, interfaces, counts, tally: tallyOf(pcap, interfaces), filter });
  }

  #writeJson(name: string, content: unknown): WrittenFile {
    return this.#folder.write(name, `${JSON.stringify(content, null, 2)}\n`);
  }

  #everything(): readonly WrittenFile[] {
    return [...this.#captured.map(({ file }) => file), ...this.#states.flatMap(({ files }) => files)];
  }

  /** Side by side; what fails on one node says nothing of the others. */
  async #onEach(what: string, nodes: readonly NodeRole[], act: (node: NodeRole) => Promise<void>): Promise<void> {
    const tried = nodes.map((node) =>
      act(node).catch((error: unknown) => this.#trouble.push(`${what} on ${node}: ${(error as Error).message}`)),
    );
    await Promise.all(tried);
  }

  /** The control plane too, where it is a node of its own. */
  #nodes(): readonly NodeRole[] {
    const { containers } = this.#options.cluster.record;
    const nodes = nodesOf(containers);
    const isOneOfThem = nodes.some((node) => containers[node] === containers["control-plane"]);
    return isOneOfThem ? nodes : [...nodes, "control-plane"];
  }
}

/** Names of logs come from the node. */
function fileName(section: string): string {
  return `${section.replace(/[^a-zA-Z0-9._-]/g, "_")}.txt`;
}
