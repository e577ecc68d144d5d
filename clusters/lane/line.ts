import type { Readable, Writable } from "node:stream";
import type { Exec, ExecResult } from "../../lib/host/exec.ts";
import { encoded, frameReader, pieces, type Exit, type Frame, type FrameKind } from "./guest/frames.ts";

/** What a command in the VM reads and where what it writes goes. */
export interface Streams {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly onStdout: (data: Uint8Array) => void;
  readonly onStderr: (data: Uint8Array) => void;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** SIGTERM to the command's process group when it aborts; its end is still waited for. */
  readonly signal?: AbortSignal;
}

/** The host's end of the VM's serial line. */
export interface Line {
  /** Resolves when the VM's agent answers; how long that takes is for the caller to bound. */
  hello(): Promise<void>;
  run(argv: readonly string[], streams: Streams): Promise<Exit>;
  close(): void;
}

/** A connected pair of streams, as far as a line needs them: a socket. */
export type Wire = Readable & Pick<Writable, "write" | "once" | "destroyed">;

interface Conversation {
  readonly take: (frame: Frame) => void;
  readonly fail: (error: Error) => void;
}

type SendFrame = (conversation: number, kind: FrameKind, payload: Uint8Array) => Promise<void>;

/** Speaks with the agent over a connected wire. */
export function openLine(wire: Wire): Line {
  const { converse, fail } = conversationsOn(wire);
  const send: SendFrame = async (conversation, kind, payload) => {
    if (wire.destroyed) throw new Error(ENDED);
    if (wire.write(encoded({ conversation, kind, payload }))) return;
    await new Promise<void>((resolve) => wire.once("drain", resolve));
  };
  return {
    hello: async () => {
      await converse((id, end) => {
        send(id, "hello", Buffer.alloc(0)).catch(fail);
        return () => end({ code: 0 });
      });
    },
    run: async (argv, streams) =>
      await converse((id, end) => {
        startCommand(id, argv, streams, send).catch(fail);
        return handOn(streams, end);
      }),
    close: () => wire.destroy(),
  };
}

type Begin = (id: number, end: (exit: Exit) => void) => Conversation["take"];

/** Numbers the conversations and hands each frame to its own; when the wire ends, all of them fail. */
function conversationsOn(wire: Wire) {
  const conversations = new Map<number, Conversation>();
  let count = 0;
  const fail = (error: unknown): void => {
    for (const one of conversations.values()) one.fail(error as Error);
    conversations.clear();
  };
  const read = frameReader();
  wire.on("data", (data: Buffer) => {
    try {
      for (const frame of read(data)) conversations.get(frame.conversation)?.take(frame);
    } catch (error) {
      fail(error);
    }
  });
  wire.on("close", () => fail(new Error(ENDED)));
  wire.on("error", () => undefined);
  const converse = async (begin: Begin): Promise<Exit> => {
    count += 1;
    const id = count;
    try {
      return await new Promise<Exit>((resolve, reject) => {
        conversations.set(id, { fail: reject, take: () => undefined });
        const take = begin(id, resolve);
        conversations.set(id, { fail: reject, take });
      });
    } finally {
      conversations.delete(id);
    }
  };
  return { converse, fail };
}

const ENDED = "the VM's line is closed: the VM has ended";

function handOn({ onStdout, onStderr }: Streams, end: (exit: Exit) => void): Conversation["take"] {
  return ({ kind, payload }) => {
    if (kind === "stdout") onStdout(payload);
    else if (kind === "stderr") onStderr(payload);
    else if (kind === "exit") end(JSON.parse(Buffer.from(payload).toString("utf8")) as Exit);
  };
}

async function startCommand(
  id: number,
  argv: readonly string[],
  { stdin, cwd = "/", env = {}, signal }: Streams,
  send: SendFrame,
): Promise<void> {
  await send(id, "start", Buffer.from(JSON.stringify({ argv, cwd, env })));
  const stop = () => void send(id, "kill", Buffer.from("SIGTERM")).catch(() => undefined);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  for await (const data of stdin ?? []) for (const piece of pieces(data)) await send(id, "stdin", piece);
  await send(id, "stdin", Buffer.alloc(0));
}

/** Hands on each whole line of a stream. */
export function byLine(onLine: (line: string) => void): (data: Uint8Array) => void {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      onLine(rest.subarray(0, end).toString("utf8"));
      rest = rest.subarray(end + 1);
    }
  };
}

/** Commands in the VM with the shape of those on the host. A timeout ends the wait and the command. */
export function execOn(line: Line): Exec {
  return async (argv, options = {}) => {
    const startedAtMs = performance.now();
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 60_000);
    const stopped = AbortSignal.any([timeout, ...(options.signal ? [options.signal] : [])]);
    const given = Buffer.from(options.stdin ?? "");
    const ended = await line.run(argv, {
      stdin: (async function* () {
        await Promise.resolve();
        yield given;
      })(),
      onStdout: (data) => out.push(Buffer.from(data)),
      onStderr: (data) => err.push(Buffer.from(data)),
      signal: stopped,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    options.signal?.throwIfAborted();
    const result: ExecResult = {
      argv,
      exitCode: timeout.aborted ? null : ended.code,
      timedOut: timeout.aborted,
      stdout: Buffer.concat(out).toString("utf8"),
      stderr: Buffer.concat(err).toString("utf8") + (ended.error ?? ""),
      durationMs: Math.round(performance.now() - startedAtMs),
    };
    return result;
  };
}
