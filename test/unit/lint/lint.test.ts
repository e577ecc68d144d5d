import { expectFiring, typed, untyped, type Case } from "./lint-case.ts";

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
      ["lib/host/exec.ts", 'import { $ } from "zx/core"; $();'],
      ["lib/kubernetes/client.ts", 'import { KubeConfig } from "@kubernetes/client-node"; new KubeConfig();'],
      ["lib/host/wait.ts", 'import pRetry from "p-retry"; pRetry();'],
      ["lib/x.ts", 'import { y } from "zxcvbn"; y();'],
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
    bad: [["lib/x.ts", `export function x(): void {\n${"y();\n".repeat(59)}}`]],
    good: [
      ["lib/x.ts", `export function x(): void {\n${"y();\n".repeat(58)}}`],
      ["test/unit/x.test.ts", `describe("x", () => {\n${"y();\n".repeat(80)}});`],
    ],
  },
];

const TYPED: readonly Case[] = [
  {
    rule: "@typescript-eslint/no-floating-promises",
    bad: [["lib/model/cell.ts", "export function x(p: Promise<void>): void { p; }"]],
    good: [["lib/model/cell.ts", "export async function x(p: Promise<void>): Promise<void> { await p; }"]],
  },
  {
    rule: "@typescript-eslint/no-misused-promises",
    bad: [["lib/model/cell.ts", 'export function x(p: Promise<boolean>): string { return p ? "a" : "b"; }']],
    good: [
      [
        "lib/model/cell.ts",
        'export async function x(p: Promise<boolean>): Promise<string> { return (await p) ? "a" : "b"; }',
      ],
    ],
  },
  {
    rule: "@typescript-eslint/no-explicit-any",
    bad: [["lib/model/cell.ts", "export const x = (y: any): string => String(y);"]],
    good: [["lib/model/cell.ts", "export const x = (y: unknown): string => String(y);"]],
  },
];

describe("lint", function () {
  // The first snippet pays for loading TypeScript, and with types for reading the project.
  this.timeout(120_000);

  for (const [eslint, cases] of [
    [untyped, CASES],
    [typed, TYPED],
  ] as const) {
    for (const one of cases)
      it(`${one.rule} fires on what it is for, and on nothing else`, () => expectFiring(one, eslint));
  }
});
