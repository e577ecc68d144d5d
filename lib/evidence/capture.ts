import { readFileSync } from "node:fs";
import { UndecidedError } from "../host/errors.ts";
import { lastLines, type Exec } from "../host/exec.ts";
import { podWords } from "./flows.ts";
import { interfacesOf, type Interface } from "./interfaces.ts";
import { splitSections, type Sections } from "./sections.ts";

/** Constant: nothing is put into it. */
export const CAPTURE = readFileSync(new URL("capture.sh", import.meta.url), "utf8");

/**
 * Limits of a capture. Headers inside the overlay and the name in a DNS answer are within the first 256 bytes; more
 * would only be other people's data. A record takes 16 bytes more and the file 24, so the count keeps it below 4 MB.
 * `limitS` ends a capture after its harness was killed.
 */
export const CAPTURE_LIMITS = { snapBytes: 256, packets: 15_000, mostBytes: 4_194_304, limitS: 600 } as const;
export type CaptureLimits = { readonly [Name in keyof typeof CAPTURE_LIMITS]: number };

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 30_000;

export interface CaptureRequest {
  /** The mark of its cell and 12 hexadecimal digits, new for each capture. */
  readonly id: string;
  /** As captureFilter makes it. */
  readonly filter: readonly string[];
  /** Owner of each pod's network namespace, by role. */
  readonly pods: Readonly<Record<string, number>>;
  readonly limits?: CaptureLimits;
}

/** A capture that is under way: tcpdump has said that it listens. */
export interface Capture {
  /** The node's own clock and uptime just before: since when its log lines matter. */
  readonly since: { readonly time: string; readonly uptimeS: string };
  /** Ends it, fetches the file and leaves nothing on the node. Throws UndecidedError when the node did not give all. */
  readonly stop: () => Promise<Captured>;
}

export interface Captured {
  readonly pcap: Uint8Array;
  /** Devices at the start and at the end of the capture: a device made again has another index. */
  readonly interfaces: readonly Interface[];
  readonly counts: CaptureCounts;
}

/** What tcpdump said of itself at the end; null where it could not. */
export interface CaptureCounts {
  readonly packets: number | null;
  readonly droppedByKernel: number | null;
  /** It ended by its count or size before it was told to: what came later is not in it. */
  readonly cut: boolean;
}

/**
 * Starts a capture on all devices of a node. Throws UndecidedError if tcpdump does not start; then nothing stays there.
 */
export async function startCapture(exec: Exec, request: CaptureRequest, signal?: AbortSignal): Promise<Capture> {
  const { id, limits = CAPTURE_LIMITS } = request;
  let begun: Sections;
  try {
    begun = await run(exec, startArguments(request), id, {
      timeoutMs: START_TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    // The script may go on without us: it must not go on listening.
    await exec(argvOf(["stop", id, "0"]), { timeoutMs: STOP_TIMEOUT_MS }).catch(() => undefined);
    throw error;
  }
  const [time = "", uptimeS = "0"] = textOf(begun, "clock").split("\n");
  return {
    since: { time, uptimeS },
    stop: async () => {
      const ended = await run(exec, ["stop", id, String(limits.mostBytes)], id, { timeoutMs: STOP_TIMEOUT_MS });
      const interfaces = [begun, ended].map((one) => interfacesOf(textOf(one, "addresses"), textOf(one, "peers")));
      const pcap = Buffer.from(textOf(ended, "pcap"), "base64");
      return { pcap, interfaces: merged(interfaces), counts: countsOf(textOf(ended, "said"), limits, pcap.length) };
    },
  };
}

function startArguments({ id, filter, pods, limits = CAPTURE_LIMITS }: CaptureRequest): readonly string[] {
  const { limitS, packets, snapBytes, mostBytes } = limits;
  const numbers = [limitS, packets, snapBytes, mostBytes].map(String);
  const places = podWords(pods).map((words) => words.join(" "));
  return ["start", id, ...numbers, places.join("\n"), ...filter];
}

function argvOf(args: readonly string[]): readonly string[] {
  return ["sh", "-c", CAPTURE, "capture", ...args];
}

async function run(
  exec: Exec,
  args: readonly string[],
  id: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Sections> {
  const { stdout, stderr, exitCode, timedOut } = await exec(argvOf(args), options);
  const sections = splitSections(stdout, id);
  if (exitCode === 0 && sections.whole) return sections;
  const how = timedOut ? "timed out" : `exit ${exitCode ?? "by signal"}`;
  const said = lastLines(stderr, 2)
    .replaceAll("\n", "; ")
    .replace(/^faultline: /, "");
  throw new UndecidedError(`capture ${args[0]}: ${said || how}`, "see that tcpdump works on the node");
}

function textOf({ texts }: Sections, name: string): string {
  return texts.get(name) ?? "";
}

function merged(lists: readonly (readonly Interface[])[]): readonly Interface[] {
  // The end comes last and wins, but for a pod that has gone by then.
  const byIndex = new Map<number, Interface>();
  for (const one of lists.flat())
    byIndex.set(one.index, { ...one, peer: one.peer ?? byIndex.get(one.index)?.peer ?? null });
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}

/** Reads what tcpdump printed: `12 packets captured`, `0 packets dropped by kernel`; the last of each counts. Pure. */
export function countsOf(said: string, limits: CaptureLimits, bytes: number): CaptureCounts {
  const last = (pattern: RegExp): number | null => {
    const found = [...said.matchAll(pattern)].at(-1)?.[1];
    return found === undefined ? null : Number(found);
  };
  const packets = last(/(\d+) packets? captured/g);
  const droppedByKernel = last(/(\d+) packets? dropped by kernel/g);
  return { packets, droppedByKernel, cut: bytes >= limits.mostBytes || (packets ?? 0) >= limits.packets };
}
