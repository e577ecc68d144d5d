/**
 * What runs in the VM for the host: starts the commands it is told and hands their output on. `node agent.ts PORT`, PORT
 * a serial line. It lives on while the VM is suspended, so it must not care that the host at the other end is another. A
 * serial line may lose what comes before it is set to raw, so the agent greets first.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { encoded, frameReader, pieces, type Exit, type Frame, type FrameKind, type StartRequest } from "./frames.ts";

/** Wait after a read of nothing: it comes at once while no host is connected. */
const NOBODY_MS = 50;

const running = new Map<number, ChildProcess>();

type Send = (conversation: number, kind: FrameKind, data: Uint8Array) => Promise<void>;

/** One frame after the other, whole. */
function sender(port: FileHandle): Send {
  let last: Promise<void> = Promise.resolve();
  const write = async (bytes: Buffer) => {
    for (let done = 0; done < bytes.length;) done += (await port.write(bytes, done)).bytesWritten;
  };
  return (conversation, kind, data) => {
    const payloads = data.length === 0 ? [data] : pieces(data);
    for (const payload of payloads) last = last.then(() => write(encoded({ conversation, kind, payload })));
    return last;
  };
}

function start(conversation: number, request: StartRequest, send: Send): void {
  const [command = "", ...rest] = request.argv;
  const child = spawn(command, rest, {
    cwd: request.cwd,
    env: { ...process.env, ...request.env },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.set(conversation, child);
  // A command may end before it has read its stdin.
  child.stdin.on("error", () => undefined);
  for (const [kind, stream] of [
    ["stdout", child.stdout],
    ["stderr", child.stderr],
  ] as const) {
    stream.on("data", (data: Buffer) => {
      // Who writes faster than the line carries waits.
      stream.pause();
      void send(conversation, kind, data).then(() => stream.resume());
    });
  }
  let ended = false;
  const end = (exit: Exit) => {
    if (ended) return;
    ended = true;
    running.delete(conversation);
    void send(conversation, "exit", Buffer.from(JSON.stringify(exit)));
  };
  child.on("error", ({ message }) => end({ code: null, error: message }));
  child.on("close", (code) => end({ code }));
}

async function take({ conversation, kind, payload }: Frame, send: Send): Promise<void> {
  const child = running.get(conversation);
  if (kind === "hello") await send(conversation, "hello", payload);
  else if (kind === "start")
    start(conversation, JSON.parse(Buffer.from(payload).toString("utf8")) as StartRequest, send);
  else if (kind === "stdin" && payload.length === 0) child?.stdin?.end();
  else if (kind === "stdin" && child?.stdin?.write(Buffer.from(payload)) === false) await drained(child);
  else if (kind === "kill" && child?.pid !== undefined) signal(child.pid, Buffer.from(payload).toString("utf8"));
}

async function drained(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    child.stdin?.once("drain", resolve);
    child.once("close", () => resolve());
  });
}

/** To the whole group; it may be gone. */
function signal(pid: number, name: string): void {
  try {
    process.kill(-pid, name);
  } catch {
    // Its end is told by `close`.
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: agent.ts PORT");
const port = await open(path, "r+");
const send = sender(port);
const frames = frameReader();
await send(0, "hello", Buffer.alloc(0));
const buffer = Buffer.alloc(64 * 1024);
for (;;) {
  const { bytesRead } = await port.read(buffer, 0, buffer.length, null);
  if (bytesRead === 0) await sleep(NOBODY_MS);
  for (const frame of frames(buffer.subarray(0, bytesRead))) await take(frame, send);
}
