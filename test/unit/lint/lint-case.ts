import { expect } from "chai";
import { ESLint } from "eslint";
import { fileURLToPath } from "node:url";
import tseslint from "typescript-eslint";

const cwd = fileURLToPath(new URL("../../..", import.meta.url));

/** Without types, so that a snippet can claim to be any file; quick. */
export const untyped = new ESLint({ cwd, overrideConfig: [tseslint.configs.disableTypeChecked] });
/** With types: the snippet has to take the place of a file that exists. */
export const typed = new ESLint({ cwd });

async function rulesFired(path: string, code: string, eslint = untyped): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: `${cwd}/${path}` });
  const noise = ["@typescript-eslint/no-unused-vars", "@typescript-eslint/no-unused-expressions"];
  const ids = result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? [];
  return [...new Set(ids.filter((id) => !noise.includes(id)))];
}

export interface LintCase {
  readonly rule: string;
  readonly bad: readonly (readonly [path: string, code: string])[];
  readonly good: readonly (readonly [path: string, code: string])[];
}

/** Expects that a rule fires on what it is for, and on nothing else. */
export async function expectFiring({ rule, bad, good }: LintCase, eslint = untyped): Promise<void> {
  for (const [path, code] of bad) expect(await rulesFired(path, code, eslint), code).to.include(rule);
  for (const [path, code] of good) expect(await rulesFired(path, code, eslint), code).to.deep.equal([]);
}
