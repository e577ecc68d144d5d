import { expect } from "chai";
import fc from "fast-check";
import { parseFrames } from "../../../../lib/probes/frames.ts";
import { fixture } from "./fixtures.ts";
import { framed, streamOf } from "./stream.ts";

const NONCE = "fl-0123456789abcdef01234567";
const RECORDS = ["ping-ok", "dig-ok", "curl-refused"].map((id) => {
  const { exitCode, startedAtMs, durationMs, stdout, stderr } = fixture(id).record;
  return { exitCode, startedAtMs, durationMs, stdout, stderr };
});
const STREAM = streamOf(NONCE, RECORDS);

describe("parseFrames", () => {
  it("reads a complete stream", () => {
    const { records, close, problem } = parseFrames(STREAM, NONCE);
    expect([...records.values()]).to.deep.equal(RECORDS);
    expect(close).to.deep.equal({ count: 3, worstGapMs: 7 });
    expect(problem).to.equal(undefined);
  });

  it("keeps only the complete frames of a stream cut at any byte, and says that it was cut", () => {
    for (let at = 0; at < STREAM.length - 1; at++) {
      const { records, close, problem } = parseFrames(STREAM.slice(0, at), NONCE);
      for (const [index, record] of records) expect(record).to.deep.equal(RECORDS[index]);
      expect(close).to.equal(undefined);
      expect(problem).to.be.a("string");
    }
  });

  it("returns no other record for a stream with one changed byte", () => {
    fc.assert(
      fc.property(fc.nat(STREAM.length - 1), fc.constantFrom("x", "0", "\n", " ", "="), (at, byte) => {
        const { records } = parseFrames(STREAM.slice(0, at) + byte + STREAM.slice(at + 1), NONCE);
        for (const [index, record] of records) expect(record).to.deep.equal(RECORDS[index]);
      }),
    );
  });

  it("leaves out frames with another nonce", () => {
    const { records, problem } = parseFrames(streamOf("fl-another", RECORDS), NONCE);
    expect(records.size).to.equal(0);
    expect(problem).to.equal("the output has no frame of this round");
  });

  it("leaves out a frame that comes twice, or whose name contradicts its content", () => {
    const first = STREAM.slice(0, STREAM.indexOf(`\n${NONCE} begin 1`));
    expect(parseFrames(first + STREAM, NONCE).records.has(0)).to.equal(false);
    const body = first.split("\n")[2] ?? "";
    expect(parseFrames(framed(NONCE, "5", body), NONCE).records.size).to.equal(0);
  });

  it("returns why the prober gave up", () => {
    expect(parseFrames(`\n${NONCE} error no temporary directory\n`, NONCE).problem).to.include(
      "no temporary directory",
    );
    expect(parseFrames("", NONCE).problem).to.equal("the prober wrote nothing");
  });

  it("keeps hostile text in its own attempt's output", () => {
    const pieces = fc.constantFrom(
      STREAM,
      `\n${NONCE} begin 1\n`,
      `\n${NONCE} end 1`,
      `\n${NONCE} error x\n`,
      "\0",
      "\u001b[2J",
      "\n",
      '"}',
    );
    const hostile = fc
      .array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 5 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(hostile, hostile, (stdout, stderr) => {
        const records = RECORDS.map((record, at) => (at === 0 ? { ...record, stdout, stderr } : record));
        const read = parseFrames(streamOf(NONCE, records), NONCE);
        expect([...read.records.values()]).to.deep.equal(records);
      }),
      { numRuns: 300 },
    );
  });
});
