import { createInterface } from "node:readline/promises";

/**
 * Returns a function that asks on the terminal, with "no" as the default; undefined without a terminal for question and
 * answer. The answer rejects when `signal` aborts. `interrupt` does what Ctrl-C would have done.
 */
export function terminalAsk(
  signal: AbortSignal,
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
  interrupt: () => void = () => process.kill(process.pid, "SIGINT"),
): ((question: string) => Promise<boolean>) | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input, output });
    // Ctrl-D closes the interface without an answer, and readline's promise would never settle. While readline reads
    // the terminal, Ctrl-C is a character, which readline would treat as a no.
    terminal.on("SIGINT", interrupt);
    const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
    try {
      return isYes(await Promise.race([terminal.question(`${question} [y/N] `, { signal }), closed]));
    } finally {
      terminal.close();
    }
  };
}

/** Returns true for "y" and "yes" only. */
export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}
