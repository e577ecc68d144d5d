import { expect } from "chai";
import fc from "fast-check";
import { splitSections } from "../../../../lib/evidence/sections.ts";

const MARK = "0123456789ab";
const NAMES = fc.stringMatching(/^[a-z][a-z-]{0,9}$/).filter((name) => name !== "end");
const TEXTS = fc.array(fc.string().map((line) => line.replaceAll("\n", " ")));

describe("sections of what a node said", () => {
  it("gives each its text, and what is missing", () => {
    const printed = `@@ m a\none\ntwo\n@@ m b\n@! m conntrack -S failed\n@@ m c\n\n@@ m end\n`;
    const { texts, missing, whole } = splitSections(printed, "m");
    expect([...texts]).to.deep.equal([
      ["a", "one\ntwo\n"],
      ["b", ""],
      ["c", "\n"],
    ]);
    expect(missing).to.deep.equal(["conntrack -S failed"]);
    expect(whole).to.be.true;
  });

  it("is not misled by lines that look like a section's", () => {
    const text = "@@ other b\n@! other gone\n@@ end\n";
    const { texts, missing } = splitSections(`@@ ${MARK} log\n${text}@@ ${MARK} end\n`, MARK);
    expect([...texts]).to.deep.equal([["log", text]]);
    expect(missing).to.be.empty;
  });

  it("gives back whatever was put in, and is whole only with all of it", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(NAMES, TEXTS), { selector: ([name]) => name }), fc.nat(), (put, at) => {
        const sections = put.map(([name, lines]) => [`@@ ${MARK} ${name}`, ...lines].map((one) => `${one}\n`).join(""));
        const printed = `${sections.join("")}@@ ${MARK} end\n`;
        const { texts, whole } = splitSections(printed, MARK);
        expect(whole).to.be.true;
        const expected = put.map(([name, lines]) => [name, lines.map((line) => `${line}\n`).join("")]);
        expect([...texts]).to.deep.equal(expected);
        // Without its last line break the end mark is there all the same.
        const cut = printed.slice(0, at % (printed.length - 1));
        expect(splitSections(cut, MARK).whole).to.be.false;
      }),
    );
  });
});
