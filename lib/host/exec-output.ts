import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Collects a stream, and tells its lines. Returns how to end it: that tells a last line without newline, and gives the whole text. */
export function collect(stream: Readable | null | undefined, onLine?: (line: string) => void): () => string {
  const chunks: Buffer[] = [];
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const follow = (text: string): void => {
    // Only the new text is split: a line of many megabytes stays linear.
    const [first = "", ...others] = text.split("\n");
    rest += first;
    for (const line of others) {
      onLine?.(rest);
      rest = line;
    }
  };
  stream?.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (onLine) follow(decoder.write(chunk));
  });
  return () => {
    if (onLine) follow(decoder.end());
    if (rest !== "") onLine?.(rest);
    return Buffer.concat(chunks).toString();
  };
}

/** An error thrown within a stream's event would end our process, with whatever it has still to undo. */
export function guarded(onLine: (line: string) => void) {
  const controller = new AbortController();
  const guardedOnLine = (line: string): void => {
    try {
      if (!controller.signal.aborted) onLine(line);
    } catch (error) {
      controller.abort(error);
    }
  };
  return { onLine: guardedOnLine, failed: controller.signal };
}
