import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";

/** How many strings go through each kind of input; every fuzz test takes its number from here. */
export const STRINGS = {
  faults: 40_000,
  journal: 10_000,
  commandLine: 2_500,
  probes: 20_000,
  places: 27_500,
} as const;

export { TEST_SEED as SEED } from "../../sample.ts";

/** A file that is made only when a payload is executed. Its path has no character that would have to be quoted. */
const folder = mkdtempSync(join(tmpdir(), "faultline-fuzz-"));
const CANARY = join(folder, "executed");
const MAKE_IT = `touch ${CANARY}`;

/** Whether anything that was hoped to be executed was. */
export function somethingWasExecuted(): boolean {
  return existsSync(CANARY);
}

export function removeCanary(): void {
  rmSync(CANARY, { force: true });
}

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Ways for a value to become code, each with the command that makes the canary. */
export const PAYLOADS: readonly string[] = [
  `$(${MAKE_IT})`,
  `\`${MAKE_IT}\``,
  `$(${MAKE_IT.replace(" ", "${IFS}")})`,
  `;${MAKE_IT};`,
  `|${MAKE_IT}`,
  `&&${MAKE_IT}`,
  `||${MAKE_IT}`,
  `&${MAKE_IT}&`,
  `\n${MAKE_IT}\n`,
  `\r\n${MAKE_IT}\r\n`,
  `\\\n${MAKE_IT}\n`,
  `';${MAKE_IT};'`,
  `";${MAKE_IT};"`,
  `'";${MAKE_IT};#`,
  `$';${MAKE_IT};'`,
  `<(${MAKE_IT})`,
  `>(${MAKE_IT})`,
  `{touch,${CANARY}}`,
  // An array's subscript is evaluated wherever bash expects a number.
  `a[$(${MAKE_IT})]`,
  `$((a[$(${MAKE_IT})]))`,
  `() { :; }; ${MAKE_IT}`,
  `-e${MAKE_IT}`,
  `--eval=${MAKE_IT}`,
  `-oProxyCommand=${MAKE_IT}`,
  `%0a${MAKE_IT}%0a`,
  `>${CANARY}`,
  `\u202e$(${MAKE_IT})\u202c`,
  `\u2028${MAKE_IT}`,
  `{{${MAKE_IT}}}`,
];

/** Characters and words with a meaning to a shell, an option parser, a glob, a printer or a terminal. */
const SPECIALS = [
  ..."' \" \\ ` $ $$ $0 ${x} ; & | < > ( ) { } [ ] * ** ? ~ ! !! # = , : @ ^ % %s %n %00".split(" "),
  ..."- -- -x --help --rm --privileged .. ../ / // ./ . +x /etc/passwd ~/.x NUL CON null undefined __proto__".split(
    " ",
  ),
  ...["constructor", "toString", "é", "🦊", "\u0301", "\u200b", "\ufeff", "\u202e", "\u2066", "\u2028", "\u0085"],
  ...[
    "\0",
    "\n",
    "\r",
    "\t",
    " ",
    "\b",
    "\u001b[31m",
    "\u001b]0;x\u0007",
    "\u007f",
    "\ud800",
    "\udc00",
    "",
    "a".repeat(300),
  ],
];

const VERY_LONG = ["a", "$(", "'", "\n", "-", "*", "é"].flatMap((one) => [one.repeat(5_000), one.repeat(140_000)]);

/** Hostile strings, among them right values of the input with something hostile glued to them. */
export function hostile(...rightOnes: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...PAYLOADS, ...SPECIALS);
  const right = fc.constantFrom("x", ...rightOnes);
  return fc.oneof(
    { weight: 50, arbitrary: right },
    { weight: 150, arbitrary: piece },
    { weight: 300, arbitrary: fc.array(piece, { minLength: 2, maxLength: 4 }).map((all) => all.join("")) },
    { weight: 200, arbitrary: fc.tuple(right, piece).map(([a, b]) => a + b) },
    { weight: 100, arbitrary: fc.tuple(piece, right).map(([a, b]) => a + b) },
    { weight: 100, arbitrary: fc.tuple(right, piece, right).map((all) => all.join("")) },
    { weight: 100, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(...VERY_LONG) },
  );
}

/** Whether an argv can hold it at all: no NUL, and no half of a surrogate pair, which has no UTF-8. */
export function isPassable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
