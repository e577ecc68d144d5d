import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** QEMU's own control socket (QMP: docs/interop/qmp-spec). */
export interface Monitor {
  /** Carries out a command and resolves to what it returns. Throws what QEMU says against it. */
  execute(command: string, args?: object): Promise<unknown>;
  close(): void;
}

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly QMP?: unknown;
}

/** Connects to the socket and agrees on the protocol. Rejects when there is no QEMU at it. */
export async function connectMonitor(path: string): Promise<Monitor> {
  const socket = await connected(path);
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  // Answers come in the order of the questions; greeting and events belong to none.
  createInterface({ input: socket }).on("line", (line) => {
    const answer = JSON.parse(line) as Answer;
    if (answer.event !== undefined || answer.QMP !== undefined) return;
    const asked = waiting.shift();
    if (answer.error) asked?.reject(new Error(`QEMU: ${answer.error.desc}`));
    else asked?.resolve(answer.return);
  });
  socket.on("close", () => {
    for (const asked of waiting.splice(0)) asked.reject(new Error("QEMU closed its monitor"));
  });
  socket.on("error", () => undefined);
  const execute = async (command: string, args?: object) =>
    await new Promise<unknown>((resolve, reject) => {
      if (socket.destroyed) return reject(new Error("QEMU closed its monitor"));
      waiting.push({ resolve, reject });
      socket.write(`${JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}) })}\n`);
    });
  await execute("qmp_capabilities");
  return { execute, close: () => socket.destroy() };
}

/** A connection to a unix socket. */
export async function connected(path: string): Promise<Socket> {
  return await new Promise<Socket>((resolve, reject) => {
    const socket = createConnection(path, () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
