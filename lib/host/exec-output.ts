import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/**
 * Collects a stream and passes its lines to `onLine`. Returns a function that ends the collection: it passes on a
 * last line without newline and returns the whole text.
 */
export function collect(stream: Readable | null | undefined, onLine?: (line: string) => void): () => string {
  const chunks: Buffer[] = [];
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const follow = (text: string): void => {
    // Splits only the new text, so that a line of many megabytes takes linear time.
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

/**
 * Returns `onLine` without its errors, and a signal that aborts with the first of them. An error thrown in a stream's
 * event would end this process, which may have faults to undo.
 */
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
