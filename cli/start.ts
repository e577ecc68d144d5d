import { CommanderError } from "commander";
import { EXIT, FaultlineError } from "../lib/host/errors.ts";
import { program } from "./program.ts";

/** Runs the command that the arguments name. Resolves to the exit code; an error becomes a message on stderr. */
export async function start(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  try {
    await program({ argv, done: (code) => (exitCode = code) }).parseAsync(argv, { from: "user" });
  } catch (error) {
    return exitCodeFor(error);
  }
  return exitCode;
}

/** Never a stack trace for what a user can do something about; FAULTLINE_DEBUG=1 shows it for the rest. */
function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof FaultlineError) {
    process.stderr.write(`faultline: ${error.message}\n  next: ${error.nextStep}\n`);
    return error.exitCode;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const next = "if this is unclear, FAULTLINE_DEBUG=1 shows where it comes from";
  process.stderr.write(`faultline: ${process.env["FAULTLINE_DEBUG"] ? stack : message}\n  next: ${next}\n`);
  return EXIT.undecided;
}
