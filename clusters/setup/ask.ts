import { createInterface } from "node:readline/promises";

/** Asks on the terminal, "no" being the default; undefined when a person cannot see the question or answer it. */
export function terminalAsk(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): ((question: string) => Promise<boolean>) | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input, output });
    // Ctrl-D closes the interface without an answer, and readline's promise would never settle.
    const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
    try {
      return isYes(await Promise.race([terminal.question(`${question} [y/N] `), closed]));
    } finally {
      terminal.close();
    }
  };
}

/** Only "y" and "yes" are a yes. */
export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}
