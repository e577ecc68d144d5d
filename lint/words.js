/** Forbids words of a private idiom in comments and texts; each has a plain one in its place. */
import { rule } from "./rule.js";

/** Patterns of forbidden words, each with its replacement. A text of one word is data, such as a user's name. */
const PLAIN = [
  [/\bnobody\b/i, "name the subject, or say that it does not happen"],
  [/\bsomebody\b/i, "name it: a third party, another process, an agent"],
  [/\bwhoever\b/i, "name it: the caller, the owner, the next run"],
  [/\banew\b/i, "again, or new"],
  [/\bnot to be had\b/i, "unavailable"],
  [/\bin force no more\b/i, "no longer in force"],
  [/\bput in force\b/i, "injected"],
  [/(?<!\bthere )\bis none\b/i, "say what is missing or invalid"],
  [/\bof (?:before|after)\b(?! and )/i, "before the fault, after the heal"],
];
const PROSE = /\s/;

/** Returns the rule's findings for a text: what it says, and what to write instead. Pure. */
function findings(text) {
  const line = text.replace(/\s*\n\s*\*?\s*/g, " ");
  return PLAIN.flatMap(([pattern, instead]) => {
    const found = pattern.exec(line)?.[0];
    return found === undefined ? [] : [`"${found}" is not plain: ${instead}`];
  });
}

export const plainWords = rule("comments and texts use plain words", (context) => {
  const check = (node, text) => {
    if (PROSE.test(text)) for (const message of findings(text)) context.report({ loc: node.loc, message });
  };
  return {
    Program() {
      for (const comment of context.sourceCode.getAllComments()) check(comment, ` ${comment.value}`);
    },
    Literal(node) {
      if (typeof node.value === "string") check(node, node.value);
    },
    TemplateElement(node) {
      check(node, node.value.cooked ?? node.value.raw);
    },
  };
});
