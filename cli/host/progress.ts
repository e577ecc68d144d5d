import { monotonicMs } from "../../lib/host/clock.ts";
import { describeFault } from "../../lib/faults/registry.ts";
import { liveProgress as liveRenderer } from "../../reports/live.ts";
import { plainLines } from "../../reports/progress.ts";
import { followLog } from "./follow.ts";

/** Where a run tells what it is doing; everything goes to stderr, so that stdout holds only the result. */
export interface Progress {
  /** Tells a cell's events as they are logged. */
  follow(cell: string, logPath: string): { stop(): void };
  /** One line that belongs to no cell's log. */
  line(text: string): void;
  stop(): void;
}

export type ProgressKind = "auto" | "tty" | "plain" | "none";

/** `auto`: one moving line on a terminal, a line an event elsewhere. */
export function startProgress(kind: ProgressKind): Progress {
  // Without a handler Node would open its debugger's port.
  process.on("SIGUSR1", () => undefined);
  if (kind === "none")
    return { follow: () => ({ stop: () => undefined }), line: () => undefined, stop: () => undefined };
  return kind === "tty" || (kind === "auto" && process.stderr.isTTY) ? onTerminal() : plain();
}

function plain(): Progress {
  return {
    follow: (cell, path) =>
      followLog(path, (event) => {
        for (const line of plainLines(cell, event, describeFault)) process.stderr.write(`${line}\n`);
      }),
    line: (text) => process.stderr.write(`${new Date().toISOString()} ${text}\n`),
    stop: () => undefined,
  };
}

function onTerminal(): Progress {
  const ascii = !/utf-?8/i.test(`${process.env["LC_ALL"] ?? ""}${process.env["LANG"] ?? ""}`);
  const live = liveRenderer({ stream: process.stderr, describe: describeFault, nowMs: monotonicMs, ascii });
  const timer = setInterval(() => live.tick(), 200);
  timer.unref();
  // `kill -USR1`: what is it at, and since when?
  const tell = () => live.standing().forEach((line) => process.stderr.write(`\n${line}`));
  process.on("SIGUSR1", tell);
  return {
    follow: (cell, path) => followLog(path, (event) => live.event(cell, event)),
    line: (text) => live.line(text),
    stop: () => {
      clearInterval(timer);
      process.off("SIGUSR1", tell);
      live.clear();
    },
  };
}
