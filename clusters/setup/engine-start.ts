/** Starts the Docker engine for the machine: it outlives this process, so the next run finds it running. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PreflightError } from "../../lib/host/errors.ts";
import { lastLines, mustExec } from "../../lib/host/exec.ts";
import { GiveUpError, waitFor } from "../../lib/host/wait.ts";
import { asRoot } from "./as-root.ts";
import { BOUNDED_RUNTIME, BOUNDED_RUNTIME_PATH } from "./bounded-runtime.ts";
import type { CheckContext } from "./check.ts";
import { hasSystemd, probeEngine } from "./engine-probe.ts";

const SCRIPT = fileURLToPath(new URL("start-engine.sh", import.meta.url));
const START_BUDGET_MS = 90_000;
const POLL_INTERVAL_MS = 250;

/** Returns the command that starts the engine by hand, without systemd. */
export function dockerdArgv(bounded: boolean): string[] {
  if (!bounded) return ["dockerd"];
  const runtime = ["--add-runtime", `${BOUNDED_RUNTIME}=${BOUNDED_RUNTIME_PATH}`];
  return ["dockerd", ...runtime, "--default-runtime", BOUNDED_RUNTIME];
}

/** Starts the engine and resolves once it answers. Throws PreflightError with the end of its log otherwise. */
export async function startEngine(context: CheckContext, bounded: boolean): Promise<void> {
  const { signal } = context;
  context.progress("starting the Docker engine");
  const log = join(context.cacheDir, "dockerd.log");
  const systemd = await hasSystemd(context);
  if (systemd) {
    await mustExec(context.exec, asRoot(context, ["systemctl", "start", "docker"]), {
      timeoutMs: START_BUDGET_MS,
      signal,
    });
  } else {
    await mustExec(context.exec, asRoot(context, ["bash", SCRIPT, log, ...dockerdArgv(bounded)]));
  }
  try {
    await waitFor("the Docker engine", () => expectAnswer(context, systemd ? undefined : log), {
      budgetMs: START_BUDGET_MS,
      intervalMs: POLL_INTERVAL_MS,
      timeScale: context.timeScale,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const end = lastLines((await context.readText(log)) ?? "", 5);
    const advice = systemd ? "journalctl --unit docker --lines 50" : `see ${log}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PreflightError(`the Docker engine did not start: ${reason}${systemd ? "" : `\n${end}`}`, advice);
  }
}

async function expectAnswer(context: CheckContext, log: string | undefined): Promise<void> {
  const engine = await probeEngine(context);
  // "denied" is an answer too: the engine runs, and the check that follows gives the instruction.
  if (engine.state === "running" || engine.state === "denied") return;
  const pid = log === undefined ? undefined : (await context.readText(`${log}.pid`))?.trim();
  if (pid !== undefined && (await context.readText(`/proc/${pid}/cmdline`)) === undefined) {
    throw new GiveUpError("dockerd ended");
  }
  throw new Error(engine.state === "absent" ? "docker is not on PATH" : engine.reason);
}
