import type { Family } from "../model/cell.ts";
import type { Symptom } from "../model/symptom.ts";

/** One attempt, resolved to addresses: plain data that the prober on a node carries out. */
export type Attempt = CurlAttempt | DigAttempt | PingAttempt;

interface AttemptBase {
  /** Unique in its round: the path's text, `#` and the number of the flow. */
  readonly id: string;
  /** The path's text: `same → server by ClusterIP`. */
  readonly path: string;
  /** Process whose network namespace the attempt runs in, as seen on the node; 1 is the node itself. */
  readonly netnsPid: number;
}

export interface CurlAttempt extends AttemptBase {
  readonly tool: "curl";
  readonly url: string;
  /** Process whose /etc/resolv.conf applies when the URL holds a name. */
  readonly resolvConfPid?: number;
  /** Which of a name's addresses; all of them when absent. */
  readonly family?: Family;
  /** Fixed source port, so that the flow can be found in captures, conntrack and socket tables; chosen by the kernel when absent. */
  readonly sourcePort?: number;
  /** Waits for its whole connect time-out, though it may be decided before. */
  readonly patient?: boolean;
  readonly connectTimeoutMs: number;
  /** For the whole transfer; more than connectTimeoutMs, so that a stall is told from a connect-timeout. */
  readonly totalTimeoutMs: number;
  /** Who must answer (the echo server's `server`/`container`); another answer is `wrong-server`. */
  readonly expectServer?: { readonly server: string; readonly container: string };
}

export interface DigAttempt extends AttemptBase {
  readonly tool: "dig";
  readonly server: string;
  readonly name: string;
  readonly type: "A" | "AAAA";
  readonly transport: "udp" | "tcp";
  /** Fixed source port, so that the lookup can be found in conntrack; chosen by the kernel when absent. */
  readonly sourcePort?: number;
  readonly timeoutMs: number;
  /** The answer that is right; another address is `wrong-server`. */
  readonly expectAnswer?: string;
}

export interface PingAttempt extends AttemptBase {
  readonly tool: "ping";
  readonly address: string;
  readonly count: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What the prober says an attempt did: the frame's content, before anyone judges it. */
export interface ProbeRecord {
  readonly id: string;
  readonly exitCode: number | null;
  /** The node's wall clock, ms since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Present when the prober ended it before its time-out. */
  readonly early?: EarlyEnd;
}

/** Why a connect was ended before its time-out. */
export interface EarlyEnd {
  /** Since the round began. */
  readonly afterMs: number;
  /** How often the kernel had sent the SYN again, and nothing answered. */
  readonly resent: number;
  /** The node's conntrack entry of the flow; empty where it had none. */
  readonly conntrack: string;
  /** How many packets the node had thrown away since the round began; absent in older logs. */
  readonly discarded?: number;
}

/** One attempt's outcome: a symptom with what was seen. */
export interface Observation {
  readonly id: string;
  readonly path: string;
  readonly tool: Attempt["tool"];
  readonly symptom: Symptom;
  /** One line for a person: the tool's own words, or why it is unknown. */
  readonly detail: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly seen: Seen;
  /** Present when it was decided before its time-out. */
  readonly early?: EarlyEnd;
  /** The tool's own output, cut at 4 KiB each. */
  readonly raw: { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };
}

/** What is known of the flow: what was asked for, and what the far end said of it. A field is absent when nobody knows it. */
export interface Seen {
  /** Source address and port the server saw; alone, so that the address compares with `source`. */
  readonly client?: string;
  readonly clientPort?: number;
  /** The client's own address of the flow, as curl saw it. */
  readonly source?: string;
  readonly sourcePort?: number;
  /** Address the client connected to. */
  readonly remote?: string;
  readonly remotePort?: number;
  /** Address the server was reached at: differs from `remote` when the flow was translated. */
  readonly local?: string;
  readonly server?: string;
  readonly container?: string;
  /** dig: the answers. */
  readonly answers?: readonly string[];
  /** dig: where an unexpected reply came from. */
  readonly replyFrom?: string;
  /** A lookup through a Service: the role (or address) of the replica it met. */
  readonly replica?: string;
  /** ping: sent and received. */
  readonly sent?: number;
  readonly received?: number;
  /** A `slow` one's class in seconds (slow.ts). */
  readonly slowClassS?: number;
}
