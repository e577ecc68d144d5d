/** Prepares the machine for a run: runs all checks, then applies the allowed fixes in order. */
import { FaultlineError, PreflightError } from "../../lib/host/errors.ts";
import type { Check, CheckContext, CheckedFinding, Fix } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { renderProblems } from "./render.ts";

/** The permission for a fix: `--yes`, a person at a terminal, or none. */
export type FixPolicy = "yes" | "ask" | "refuse";

export interface SetupOptions {
  readonly context: CheckContext;
  readonly yes: boolean;
  /** Asks a person and resolves to the answer; left out when there is no terminal. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Default: CHECKS. */
  readonly checks?: readonly Check[];
}

/** Returns the policy; `--yes` takes precedence over questions. */
export function fixPolicy(options: Pick<SetupOptions, "yes" | "ask">): FixPolicy {
  if (options.yes) return "yes";
  return options.ask === undefined ? "refuse" : "ask";
}

/** Runs all checks in parallel and returns their findings; changes nothing. */
export async function findAll(context: CheckContext, checks: readonly Check[] = CHECKS): Promise<CheckedFinding[]> {
  return await Promise.all(checks.map(async (check) => ({ check, finding: await check.find(context) })));
}

/** Returns the findings that `doctor` prints, and true when a run could start now. */
export async function doctor(
  context: CheckContext,
  checks: readonly Check[] = CHECKS,
): Promise<{ readonly ok: boolean; readonly findings: readonly CheckedFinding[] }> {
  const findings = await findAll(context, checks);
  return { ok: !findings.some(isMissing), findings };
}

/**
 * Applies the fixes for what is missing, if allowed, and resolves with the findings afterwards. Throws PreflightError
 * that lists everything missing, with commands, when a fix is not allowed. Nothing has changed by then, unless a person
 * said yes to one question and no to another. Once the context's signal has aborted, it applies no further fix and
 * rejects.
 */
export async function setUp(options: SetupOptions): Promise<readonly CheckedFinding[]> {
  const { context, checks = CHECKS } = options;
  const findings = await findAll(context, checks);
  const problems = findings.filter(isMissing);
  if (problems.length === 0) return findings;
  const policy = fixPolicy(options);
  if (policy === "refuse" || problems.some(({ finding }) => finding.fix?.bySelf !== true)) {
    throw preflightError(problems, policy);
  }
  return await context.withLock(async () => {
    for (const check of checks) await fixOne(check, options, problems);
    return await findAll(context, checks);
  });
}

/** Checks again first: an earlier fix, or another process that we waited for, may have solved this or revealed it. */
async function fixOne(check: Check, options: SetupOptions, problems: readonly CheckedFinding[]): Promise<void> {
  options.context.signal.throwIfAborted();
  const finding = await check.find(options.context);
  if (finding.state !== "missing") return;
  const { fix } = finding;
  if (fix?.bySelf !== true) throw preflightError([{ check, finding }], fixPolicy(options));
  if (fixPolicy(options) === "ask" && !(await options.ask?.(question(check, finding.detail, fix)))) {
    throw preflightError(problems, "ask");
  }
  await runFix(options.context, check, fix);
  const after = await check.find(options.context);
  if (after.state === "missing") throw preflightError([{ check, finding: after }], fixPolicy(options));
}

async function runFix({ signal }: CheckContext, check: Check, fix: Fix): Promise<void> {
  try {
    await fix.run();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FaultlineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PreflightError(`${check.id} could not be fixed: ${reason}`, `try by hand: ${fix.how}`, {
      cause: error,
    });
  }
}

function question(check: Check, detail: string, fix: Fix): string {
  return `${check.id}: ${detail}\n  needs ${check.what}: ${check.why}\n  run: ${fix.how}\nDo this now?`;
}

function preflightError(problems: readonly CheckedFinding[], policy: FixPolicy): PreflightError {
  const allBySelf = problems.every(({ finding }) => finding.fix?.bySelf === true);
  const next = allBySelf && policy !== "yes" ? "run this again with --yes, or run the commands above" : undefined;
  const list = renderProblems(problems);
  return new PreflightError(`this machine is not ready\n${list}`, next ?? "run the commands above, then this again");
}

function isMissing({ finding }: CheckedFinding): boolean {
  return finding.state === "missing";
}
