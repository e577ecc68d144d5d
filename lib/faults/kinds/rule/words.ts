/** Words must be printable, and short enough for a chain with many rules to fit in a journal line. */
const MAX_CHARACTERS = 1024;

/**
 * Options of one letter that iptables-save prints in a rule. All others are commands, or name where a command is run.
 */
const SHORT = /^-[mpsdiojgf]$/;
const LONG = /^--[a-z0-9][a-z0-9-]*$/;

/** Options that would reach beyond the rule. getopt_long accepts any prefix of their names too. */
const BEYOND = ["--table", "--modprobe"];

/**
 * Returns the words of a rule as iptables-save prints it, from those after `-A CHAIN`, for the argv of a command,
 * without the quotes that iptables adds. Null when the line is not a rule, or a word is more than a part of the rule.
 * Pure.
 */
export function ruleWords(line: string): readonly string[] | null {
  if (line.length > MAX_CHARACTERS || !/^-A \S+ [ -~]+$/.test(line)) return null;
  const words = split(line)?.slice(2) ?? [];
  return words.length > 0 && words.every(isPartOfRule) ? words : null;
}

/** Returns one value in the form in which iptables-save prints it. Pure. */
export function quoted(value: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(value) ? value : `"${value.replace(/["\\']/g, "\\$&")}"`;
}

/** Returns the word after an option, "" where none follows: `valueOf(words, "--comment")`. Pure. */
export function valueOf(words: readonly string[], option: string): string {
  const index = words.indexOf(option);
  return index < 0 ? "" : (words[index + 1] ?? "");
}

function split(line: string): readonly string[] | null {
  const words: string[] = [];
  let rest = line.trimEnd();
  while (rest !== "") {
    const [all = "", quotedWord, plain] = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"\\]+))(?:\s+|$)/.exec(rest) ?? [];
    if (all === "") return null;
    words.push(quotedWord === undefined ? (plain ?? "") : quotedWord.replace(/\\(.)/g, "$1"));
    rest = rest.slice(all.length);
  }
  return words;
}

function isPartOfRule(word: string): boolean {
  if (!word.startsWith("-")) return word !== "";
  return SHORT.test(word) || (LONG.test(word) && !BEYOND.some((option) => option.startsWith(word)));
}
