import { expectFiring, type LintCase } from "./lint-case.ts";

/** How code and its comments read. */
const CASES: readonly LintCase[] = [
  {
    rule: "faultline/plain-words",
    bad: [
      ["lib/x.ts", "/** Nobody reads it. */\nexport const x = 1;"],
      ["lib/x.ts", "// It is for whoever comes.\nexport const x = 1;"],
      ["lib/x.ts", "/**\n * The fault is put\n * in force at once.\n */\nexport const x = 1;"],
      ["lib/x.ts", "/** The fault is in force no more. */\nexport const x = 1;"],
      ["lib/x.ts", "/** Reads the state of before. */\nexport const x = 1;"],
      ["lib/x.ts", "/** Null where a fault is none. */\nexport const x = 1;"],
      ["lib/x.ts", 'export const x = "the cell is not to be had";'],
      ["lib/x.ts", "export const x = (y: string): string => `${y} is somebody else's`;"],
      ["lib/x.js", "/** Records the fixtures anew. */\nexport const x = 1;"],
    ],
    good: [
      ["lib/x.ts", "/** Returns the baseline; null if there is none. */\nexport const x = 1;"],
      ["lib/x.ts", "/** Compares the states of before and after. */\nexport const x = 1;"],
      ["lib/x.ts", 'export const user = "nobody";'],
      ["lib/x.ts", "/** The fault was no longer in force 900 ms after injection. */\nexport const x = 1;"],
    ],
  },
  {
    rule: "max-len",
    bad: [
      ["lib/x.ts", `/** ${"a ".repeat(60)}*/\nexport const x = 1;`],
      ["lib/x.ts", `export const x = "${"a ".repeat(60)}";`],
      ["test/x.ts", `/** ${"a ".repeat(60)}*/\nexport const x = 1;`],
    ],
    good: [
      ["lib/x.ts", `/** https://example.org/${"a".repeat(120)} */\nexport const x = 1;`],
      ["lib/x.ts", `export const x = /${"a".repeat(120)}/;`],
      ["test/x.ts", `export const x = "${"a ".repeat(60)}";`],
    ],
  },
  {
    rule: "no-restricted-syntax",
    bad: [["lib/x.ts", "export const x = { ...{ a: 1, b: 2 }, c: 3 };"]],
    good: [
      ["lib/x.ts", "export const x = (y?: number): object => ({ ...(y === undefined ? {} : { y }), z: 1 });"],
      ["lib/x.ts", "export const x = (y: boolean): object => ({ ...(y && { y }), z: 1 });"],
      ["lib/x.ts", "export const x = (y: object): object => ({ ...y, z: 1 });"],
    ],
  },
];

describe("lint of text", function () {
  // The first snippet pays for loading TypeScript.
  this.timeout(120_000);

  for (const one of CASES) it(`${one.rule} fires on what it is for, and on nothing else`, () => expectFiring(one));
});
