import { expectFiring, typed, untyped, type LintCase } from "./lint-case.ts";

const CASES: readonly LintCase[] = [
  {
    rule: "faultline/import-direction",
    bad: [
      ["lib/host/x.ts", 'import { y } from "../../clusters/cells/y.ts"; y();'],
      ["lib/faults/x.ts", 'export * from "../../reports/json.ts";'],
      ["lib/host/x.ts", 'await import("../../cli/host/y.ts");'],
      ["lib/model/x.ts", 'import type { Y } from "../../reports/y.ts"; export type X = Y;'],
      // From one room of lib, clusters or cli to another that does not stand below it, and only for a type.
      ["lib/host/x.ts", 'import type { Y } from "../model/y.ts"; export type X = Y;'],
      ["lib/model/x.ts", 'import { y } from "../engine/y.ts"; y();'],
      ["lib/why/rules/x.ts", 'import { y } from "../../faults/registry.ts"; y();'],
      ["lib/faults/kinds/drop/x.ts", 'import { y } from "../sysctl/y.ts"; y();'],
      ["clusters/image/x.ts", 'import type { Y } from "../cni/contract/y.ts"; export type X = Y;'],
      ["clusters/cni/flannel/x.ts", 'import { y } from "../../../suites/dns/y.ts"; y();'],
      ["clusters/cells/x.ts", 'export { y } from "../../reports/y.ts";'],
      ["cli/host/x.ts", 'import { y } from "../commands/y.ts"; y();'],
      ["cli/cell/x.ts", 'import { y } from "../../suites/dns/y.ts"; y();'],
      ["suites/dns/x.ts", 'import { y } from "../../cli/cell/y.ts"; y();'],
      ["suites/dns/x.ts", 'import { y } from "../../lib/engine/y.ts"; y();'],
      ["reports/x.ts", 'import { y } from "../lib/verdict/y.ts"; y();'],
      ["reports/x.ts", 'import { type Y, z } from "../lib/verdict/y.ts"; z();'],
      ["reports/x.ts", 'import type { Y } from "../clusters/cells/y.ts"; export type X = Y;'],
      // A folder without a room.
      ["lib/x.ts", 'import { y } from "./host/y.ts"; y();'],
      ["lib/new/x.ts", 'import { y } from "../host/y.ts"; y();'],
    ],
    good: [
      ["lib/faults/run/x.ts", 'import { y } from "../../host/exec.ts"; y();'],
      ["lib/faults/kinds/drop/x.ts", 'import { y } from "../../contract/y.ts"; y();'],
      ["lib/probes/on-node/x.ts", 'import { y } from "../y.ts"; y();'],
      ["clusters/cells/x.ts", 'import { y } from "../../lib/host/y.ts"; y();'],
      ["suites/dns/x.ts", 'import { y } from "../../lib/scenario/y.ts"; y();'],
      ["reports/x.ts", 'import type { Run } from "../lib/verdict/result.ts"; export type X = Run;'],
      ["reports/x.ts", 'import { type Run } from "../lib/verdict/result.ts"; export type X = Run;'],
      ["cli/commands/x.ts", 'import { y } from "../../reports/y.ts"; y();'],
      ["test/unit/x.test.ts", 'import { y } from "../../cli/cell/y.ts"; y();'],
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

const TYPED: readonly LintCase[] = [
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
