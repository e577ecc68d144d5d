import { expect } from "chai";
import fc from "fast-check";
import { asciiText, cleanText, cut, duration, oneLine } from "../../../reports/text.ts";
import { hostileText } from "./sample.ts";

describe("reports/text", () => {
  it("drops terminal escapes, control characters and bidirectional overrides, but not newlines", () => {
    expect(cleanText("\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007x\u202ey\r\nz\u0000\u009b1m")).to.equal(
      "red xy\nz",
    );
  });

  it("leaves no control sequence of any input", () => {
    fc.assert(fc.property(hostileText, (text) => !/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/u.test(cleanText(text))));
    fc.assert(fc.property(hostileText, (text) => !/\n/.test(oneLine(text))));
  });

  it("cuts without splitting a surrogate pair", () => {
    expect(cut("abc😀def", 5)).to.equal("abc…");
    expect(cut("abc", 3)).to.equal("abc");
  });

  it("spells any text in ASCII", () => {
    expect(asciiText("same → server: ok ×2 … ✘ é")).to.equal("same -> server: ok x2 ... x ?");
    fc.assert(fc.property(hostileText, (text) => /^\p{ASCII}*$/u.test(asciiText(text))));
  });

  it("writes durations in ms, seconds or minutes", () => {
    const shown = [null, 0, 999, 999.9, 8_140, 59_949, 59_950, 123_000].map(duration);
    expect(shown).to.deep.equal(["–", "0 ms", "999 ms", "1.0 s", "8.1 s", "59.9 s", "1 min 00 s", "2 min 03 s"]);
  });
});
