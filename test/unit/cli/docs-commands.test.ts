import { expect } from "chai";
import type { Command } from "commander";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCells } from "../../../clusters/cells/cells.ts";
import { chosenSuites } from "../../../cli/cell/suites.ts";
import { program } from "../../../cli/program.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PAGES = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", ...globSync("docs/**/*.md", { cwd: ROOT })];
/** A command in an indented block or between backticks, up to its comment. */
const COMMAND = /(?:^ {4}|`)\.\/faultline( [^`\n]*?)?(?= +#|`|$)/gm;
/** Commands that change nothing and need no cluster. */
const READING = /^(?:list (?!clusters)|plan |explain |.*--help$)/;

interface DocCommand {
  /** README.md:12 */
  readonly where: string;
  readonly text: string;
}

function commandsOf(page: string): readonly DocCommand[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(COMMAND)].map((match) => ({
    where: `${page}:${text.slice(0, match.index).split("\n").length}`,
    text: (match[1] ?? "").trim(),
  }));
}

/** Returns the words as a shell would pass them; the pages quote globs only. */
function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).map((word) => word.replaceAll("'", ""));
}

/** Returns the commands without subcommands, at any depth. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

/** Parses the words by the real commands, whose actions only check the filters and cells they are given. */
async function check(words: readonly string[]): Promise<void> {
  const root = program({ argv: words, done: () => undefined });
  for (const command of [root, ...leaves(root)])
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  for (const leaf of leaves(root))
    leaf.action(async () => {
      if (leaf.registeredArguments[0]?.name() === "filters") await chosenSuites(leaf.args.filter(isReal));
      for (const cell of leaf.opts<{ readonly cell?: readonly string[] }>().cell ?? [])
        if (isReal(cell)) parseCells(cell);
    });
  await root.parseAsync(words, { from: "user" });
}

/** Returns whether a word is what it stands for, and not a place for the reader's own. */
function isReal(word: string): boolean {
  return !["NAME", "SUITE", "your/suite", "…"].includes(word);
}

describe("the commands of the pages", () => {
  const all = PAGES.flatMap(commandsOf).filter(({ text }) => text !== "" && !text.includes("COMMAND"));

  it("are found", () => {
    expect(all.length).to.be.greaterThan(60);
    expect(all.map(({ text }) => text)).to.include("run --yes");
  });

  it("name commands, options, suites and cells that there are", async () => {
    const wrong: string[] = [];
    for (const { where, text } of all.filter((one) => !one.text.endsWith("--help")))
      await check(wordsOf(text)).catch((error: unknown) =>
        wrong.push(`${where}: ${text}: ${(error as Error).message}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it("would fail with an option, a suite or a cell that there is not", async () => {
    for (const text of ["run --yess", "run services/nothing-such", "run --cell flanel/iptables", "runn", "gc --now"])
      expect(
        await check(wordsOf(text)).then(
          () => "taken",
          () => "refused",
        ),
        text,
      ).to.equal("refused");
  });

  for (const text of new Set(
    all.map((one) => one.text).filter((one) => READING.test(one) && wordsOf(one).every(isReal)),
  ))
    it(`${text}: prints something and exits with 0`, () => {
      const { status, stdout, stderr } = spawnSync(join(ROOT, "faultline"), wordsOf(text), { encoding: "utf8" });
      expect(status, stderr).to.equal(0);
      expect(stdout.trim()).not.to.equal("");
    }).timeout(20_000);
});
