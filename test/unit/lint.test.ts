import { expect } from "chai";
import { ESLint } from "eslint";
import { fileURLToPath } from "node:url";
import tseslint from "typescript-eslint";

const cwd = fileURLToPath(new URL("../..", import.meta.url));

/** Without types, so that a snippet can claim to be any file; quick. */
const untyped = new ESLint({ cwd, overrideConfig: [tseslint.configs.disableTypeChecked] });
/** With types: the snippet has to take the place of a file that exists. */
const typed = new ESLint({ cwd });

async function rulesFired(path: string, code: string, eslint = untyped): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: `${cwd}/${path}` });
  const noise = ["@typescript-eslint/no-unused-vars", "@typescript-eslint/no-unused-expressions"];
  const ids = result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? [];
  return [...new Set(ids.filter((id) => !noise.includes(id)))];
}

interface Case {
  readonly rule: string;
  readonly bad: readonly (readonly [path: string, code: string])[];
  readonly good: readonly (readonly [path: string, code: string])[];
}

const CASES: readonly Case[] = [
  {
    rule: "faultline/import-direction",
    bad: [
      ["lib/x.ts", 'import { y } from "../clusters/y.ts"; y();'],
      ["lib/faults/x.ts", 'export * from "../../reports/json.ts";'],
      ["lib/x.ts", 'await import("../cli/y.ts");'],
      ["lib/x.ts", 'import type { Y } from "../reports/y.ts"; export type X = Y;'],
      ["clusters/cni/x.ts", 'import { y } from "../../suites/dns/y.ts"; y();'],
      ["clusters/x.ts", 'export { y } from "../reports/y.ts";'],
      ["suites/dns/x.ts", 'import { y } from "../../cli/y.ts"; y();'],
      ["cli/x.ts", 'import { y } from "../suites/dns/y.ts"; y();'],
      ["reports/x.ts", 'import { y } from "../lib/y.ts"; y();'],
      ["reports/x.ts", 'import { type Y, z } from "../lib/y.ts"; z();'],
      ["reports/x.ts", 'import type { Y } from "../clusters/y.ts"; export type X = Y;'],
    ],
    good: [
      ["lib/faults/x.ts", 'import { y } from "../exec.ts"; y();'],
      ["lib/cli/x.ts", 'import { y } from "../suites/y.ts"; y();'],
      ["clusters/x.ts", 'import { y } from "../lib/y.ts"; y();'],
      ["suites/dns/x.ts", 'import { y } from "../../clusters/y.ts"; import { z } from "../../lib/z.ts"; y(z);'],
      ["reports/x.ts", 'import type { Run } from "../lib/run.ts"; export type X = Run;'],
      ["reports/x.ts", 'import { type Run } from "../lib/run.ts"; export type X = Run;'],
      ["cli/x.ts", 'import { y } from "../reports/y.ts"; y();'],
      ["test/unit/x.test.ts", 'import { y } from "../../cli/y.ts"; y();'],
    ],
  },
  {
    rule: "faultline/one-importer",
    bad: [
      ["lib/x.ts", 'import { $ } from "zx"; $();'],
      ["cli/x.ts", 'import { $ } from "zx/core"; $();'],
      ["lib/x.ts", 'await import("zx");'],
      ["clusters/x.ts", 'import { KubeConfig } from "@kubernetes/client-node"; new KubeConfig();'],
      ["clusters/x.ts", 'import type { V1Pod } from "@kubernetes/client-node"; export type X = V1Pod;'],
      ["lib/x.ts", 'import pRetry from "p-retry"; pRetry();'],
    ],
    good: [
      ["lib/exec.ts", 'import { $ } from "zx/core"; $();'],
      ["lib/kubernetes.ts", 'import { KubeConfig } from "@kubernetes/client-node"; new KubeConfig();'],
      ["lib/wait.ts", 'import pRetry from "p-retry"; pRetry();'],
      ["lib/x.ts", 'import { y } from "zxcvbn"; y();'],
    ],
  },
  {
    rule: "faultline/no-quoted-interpolation",
    bad: [
      ["lib/x.ts", 'await $`echo "${name}"`;'],
      ["lib/x.ts", "await $`echo 'Hello, ${name}'`;"],
      ["lib/x.ts", 'await $({ nothrow: true })`grep -e "^${name} " file`;'],
      ["lib/x.ts", 'const shell = $({ quiet: true }); await shell`echo "${name}"`;'],
    ],
    good: [
      ["lib/x.ts", "await $`echo ${name}`;"],
      ["lib/x.ts", "await $`echo \"a\" ${name} 'b'`;"],
      ["lib/x.ts", 'await $`echo \\"${name}\\"`;'],
      ["lib/x.ts", 'export const text = String.raw`"${name}"`;'],
    ],
  },
  {
    rule: "faultline/no-built-script",
    bad: [
      ["lib/x.ts", 'run(["sh", "-c", `cat ${file}`]);'],
      ["lib/x.ts", 'run(["docker", "exec", node, "bash", "-ec", "cat " + file]);'],
      ["lib/x.ts", 'run(["/bin/sh", "-c", ["cat", file].join(" ")]);'],
      ["lib/x.ts", 'const script = `cat ${file}`; run(["sh", "-c", script]);'],
      ["lib/x.ts", 'spawn("sh", ["-c", `cat ${file}`]);'],
      ["lib/x.ts", 'run(["sh", "-c", fast ? "true" : `cat ${file}`]);'],
    ],
    good: [
      ["lib/x.ts", `run(["sh", "-c", 'cat "$1"', "cat-file", file]);`],
      ["lib/x.ts", 'const CODE = 97; const GUARD = `exit ${CODE}`; run(["sh", "-c", GUARD + "\\n"]);'],
      ["lib/x.ts", 'run(["ping", "-c", `${count}`]);'],
      ["lib/x.ts", 'import { SCRIPT } from "./script.ts"; run(["bash", "-c", SCRIPT]);'],
    ],
  },
  {
    rule: "no-restricted-syntax",
    bad: [
      ["test/unit/x.test.ts", 'describe.only("x", () => undefined);'],
      ["test/unit/x.test.ts", 'it.only("x", () => undefined);'],
      ["test/unit/x.test.ts", 'it.skip("x", () => undefined);'],
      ["test/e2e/x.test.ts", 'describe.skip("x", () => undefined);'],
      ["suites/dns/x.ts", 'xit("x", () => undefined);'],
    ],
    good: [["test/unit/x.test.ts", 'describe("x", () => { it("y", () => undefined); });']],
  },
  {
    rule: "max-lines",
    bad: [["lib/x.ts", "export {};\n".repeat(251)]],
    good: [["lib/x.ts", "export {};\n".repeat(250)]],
  },
  {
    rule: "max-lines-per-function",
    bad: [["lib/x.ts", `export function x(): void {\n${"y();\n".repeat(39)}}`]],
    good: [
      ["lib/x.ts", `export function x(): void {\n${"y();\n".repeat(38)}}`],
      ["test/unit/x.test.ts", `describe("x", () => {\n${"y();\n".repeat(60)}});`],
    ],
  },
];

const TYPED: readonly Case[] = [
  {
    rule: "@typescript-eslint/no-floating-promises",
    bad: [["lib/cell.ts", "export function x(p: Promise<void>): void { p; }"]],
    good: [["lib/cell.ts", "export async function x(p: Promise<void>): Promise<void> { await p; }"]],
  },
  {
    rule: "@typescript-eslint/no-misused-promises",
    bad: [["lib/cell.ts", 'export function x(p: Promise<boolean>): string { return p ? "a" : "b"; }']],
    good: [
      [
        "lib/cell.ts",
        'export async function x(p: Promise<boolean>): Promise<string> { return (await p) ? "a" : "b"; }',
      ],
    ],
  },
  {
    rule: "@typescript-eslint/no-explicit-any",
    bad: [["lib/cell.ts", "export const x = (y: any): string => String(y);"]],
    good: [["lib/cell.ts", "export const x = (y: unknown): string => String(y);"]],
  },
];

describe("lint", function () {
  // The first snippet pays for loading TypeScript, and with types for reading the project.
  this.timeout(60_000);

  for (const [eslint, cases] of [
    [untyped, CASES],
    [typed, TYPED],
  ] as const) {
    for (const { rule, bad, good } of cases) {
      it(`${rule} fires on what it is for, and on nothing else`, async () => {
        for (const [path, code] of bad) expect(await rulesFired(path, code, eslint), code).to.include(rule);
        for (const [path, code] of good) expect(await rulesFired(path, code, eslint), code).to.deep.equal([]);
      });
    }
  }
});
