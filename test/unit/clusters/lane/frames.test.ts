import { expect } from "chai";
import fc from "fast-check";
import { encoded, frameReader, KINDS, MOST_BYTES, pieces, type Frame } from "../../../../clusters/lane/guest/frames.ts";

const frame = fc.record({
  conversation: fc.nat(2 ** 32 - 1),
  kind: fc.constantFrom(...KINDS),
  payload: fc.uint8Array({ maxLength: 300 }),
});
const plain = ({ conversation, kind, payload }: Frame) => ({ conversation, kind, payload: [...payload] });

/** The bytes cut at these places, however they lie. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe("frames of the lane's line", () => {
  it("come out as they went in, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(5000), { maxLength: 6 }), (frames, places) => {
        const read = frameReader();
        const got = cut(Buffer.concat(frames.map(encoded)), places).flatMap((bytes) => [...read(bytes)]);
        expect(got.map(plain)).to.deep.equal(frames.map(plain));
      }),
    );
  });

  it("carry data of any length in pieces that fit", () => {
    for (const length of [0, 1, MOST_BYTES, MOST_BYTES + 1, 3 * MOST_BYTES]) {
      const data = Buffer.alloc(length, 7);
      const parts = pieces(data);
      expect(parts.every((part) => part.length > 0 && part.length <= MOST_BYTES)).to.equal(true);
      expect(Buffer.concat(parts).equals(data)).to.equal(true);
    }
  });

  it("refuse a payload that is too long, and a stream that holds no frames", () => {
    const payload = Buffer.alloc(MOST_BYTES + 1);
    expect(() => encoded({ conversation: 1, kind: "stdin", payload })).to.throw(RangeError);
    expect(() => frameReader()(Buffer.from("not a frame at all"))).to.throw(/no frame/);
  });
});
