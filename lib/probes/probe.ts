import type { Family } from "../model/cell.ts";
import type { Symptom } from "../model/symptom.ts";

/** One attempt with its addresses: plain data for the prober on a node. */
export type Attempt = CurlAttempt | DigAttempt | PingAttempt;

interface AttemptBase {
  /** Unique in its round: the path's text, `#` and the flow's number. */
  readonly id: string;
  /** The path's text: `same → server by ClusterIP`. */
  readonly path: string;
  /** Process id on the node whose network namespace the attempt runs in; 1 for the node itself. */
  readonly netnsPid: number;
}

export interface CurlAttempt extends AttemptBase {
  readonly tool: "curl";
  readonly url: string;
  /** Process id whose /etc/resolv.conf applies if the URL has a name. */
  readonly resolvConfPid?: number;
  /** The family of the name's addresses to use; absent for all of them. */
  readonly family?: Family;
  /**
   * Fixed source port, so that captures, conntrack and socket tables identify the flow; if absent, the kernel chooses
   * one.
   */
  readonly sourcePort?: number;
  /** Waits for the whole connect timeout, even if the result is certain before. */
  readonly patient?: boolean;
  readonly connectTimeoutMs: number;
  /** For the whole transfer; more than connectTimeoutMs, to distinguish a stall from a connect-timeout. */
  readonly totalTimeoutMs: number;
  /** The echo server that must answer (its `server`/`container`); another answer is `wrong-server`. */
  readonly expectServer?: { readonly server: string; readonly container: string };
}

export interface DigAttempt extends AttemptBase {
  readonly tool: "dig";
  readonly server: string;
  readonly name: string;
  readonly type: "A" | "AAAA";
  readonly transport: "udp" | "tcp";
  /** Fixed source port, so that conntrack identifies the lookup; if absent, the kernel chooses one. */
  readonly sourcePort?: number;
  readonly timeoutMs: number;
  /** The expected answer; another address is `wrong-server`. */
  readonly expectAnswer?: string;
}

export interface PingAttempt extends AttemptBase {
  readonly tool: "ping";
  readonly address: string;
  readonly count: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** The prober's report of an attempt: the content of its frame, not classified yet. */
export interface ProbeRecord {
  readonly id: string;
  readonly exitCode: number | null;
  /** The node's wall clock, ms since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Present if the prober ended it before its timeout. */
  readonly early?: EarlyEnd;
}

/** Why the prober ended a connect before its timeout. */
export interface EarlyEnd {
  /** Ms since the start of the round. */
  readonly afterMs: number;
  /** How often the kernel had retransmitted the SYN without an answer. */
  readonly resent: number;
  /** The node's conntrack entry of the flow, or an empty text. */
  readonly conntrack: string;
  /** How many packets the node had discarded since the start of the round; absent in older logs. */
  readonly discarded?: number;
}

/** The result of one attempt: a symptom with its details. */
export interface Observation {
  readonly id: string;
  readonly path: string;
  readonly tool: Attempt["tool"];
  readonly symptom: Symptom;
  /** One line for people: the tool's message, or why the symptom is unknown. */
  readonly detail: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly seen: Seen;
  /** Present if it was certain before its timeout. */
  readonly early?: EarlyEnd;
  /** The tool's output, each stream cut at 4 KiB. */
  readonly raw: { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };
}

/** Facts about a flow: as requested, and as the far end reported. Unknown facts are absent. */
export interface Seen {
  /** Source address that the server saw; without the port, so that it compares with `source`. */
  readonly client?: string;
  readonly clientPort?: number;
  /** The client's own address, as curl reports it. */
  readonly source?: string;
  readonly sourcePort?: number;
  /** Address that the client connected to. */
  readonly remote?: string;
  readonly remotePort?: number;
  /** Address at which the flow reached the server; differs from `remote` if it was translated. */
  readonly local?: string;
  readonly server?: string;
  readonly container?: string;
  /** dig: the answers. */
  readonly answers?: readonly string[];
  /** dig: source of an unexpected reply. */
  readonly replyFrom?: string;
  /** Lookup through a Service: the role (or address) of the replica that it met. */
  readonly replica?: string;
  /** ping: packets sent and answered. */
  readonly sent?: number;
  readonly received?: number;
  /** Class of a `slow` flow, in seconds (slow.ts). */
  readonly slowClassS?: number;
}
