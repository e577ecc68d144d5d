/** What a script of evidence printed: sections by name, and what could not be had. */
export interface Sections {
  readonly texts: ReadonlyMap<string, string>;
  /** `conntrack -S failed`, `tcpdump not found`, … */
  readonly missing: readonly string[];
  /** The end mark came: nothing was cut off. */
  readonly whole: boolean;
}

/**
 * Splits the output into sections: `@@ MARK name` begins one, `@! MARK why` names a missing one, `@@ MARK end` is the
 * last line. Each call has a new mark, so no rule's comment and no log line can begin a section. Two sections of one
 * name are one. Pure.
 */
export function splitSections(printed: string, mark: string): Sections {
  const begins = `@@ ${mark} `;
  const lacks = `@! ${mark} `;
  const lines = new Map<string, string[]>();
  const missing: string[] = [];
  let current: string[] | null = null;
  const printedLines = printed.split("\n");
  if (printedLines.at(-1) === "") printedLines.pop();
  for (const line of printedLines) {
    if (line.startsWith(begins)) {
      const name = line.slice(begins.length);
      current = lines.get(name) ?? [];
      lines.set(name, current);
    } else if (line.startsWith(lacks)) missing.push(line.slice(lacks.length));
    else current?.push(line);
  }
  const whole = printedLines.at(-1) === `${begins}end`;
  lines.delete("end");
  const texts = new Map([...lines].map(([name, text]) => [name, text.map((line) => `${line}\n`).join("")]));
  return { texts, missing, whole };
}
