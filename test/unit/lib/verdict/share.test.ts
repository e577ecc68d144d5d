import { expect } from "chai";
import fc from "fast-check";
import { plausibleShare } from "../../../../lib/verdict/share.ts";

describe("plausibleShare", () => {
  // Computed by hand: centre (p + z²/2n) / (1 + z²/n), half-width z·√(p(1-p)/n + z²/4n²) / (1 + z²/n), with z =
  // 3.2905, z² = 10.8274.
  const table: readonly (readonly [hits: number, of: number, low: number, high: number])[] = [
    [20, 40, 0.2692, 0.7308],
    [0, 40, 0, 0.213],
    [40, 40, 0.787, 1],
    [10, 40, 0.0964, 0.5101],
    [5, 10, 0.1396, 0.8604],
    [500, 1000, 0.4483, 0.5517],
    [1, 1, 0.0846, 1],
  ];
  for (const [hits, of, low, high] of table) {
    it(`returns ${low} to ${high} for ${hits} of ${of}`, () => {
      const [is, upTo] = plausibleShare(hits, of);
      expect(is).to.be.closeTo(low, 0.0005);
      expect(upTo).to.be.closeTo(high, 0.0005);
    });
  }

  it("returns the whole range if nothing was measured", () => {
    expect(plausibleShare(0, 0)).to.deep.equal([0, 1]);
  });

  it("returns a range within 0 and 1 around the measured share, mirrored for the opposite share", () => {
    const counts = fc
      .integer({ min: 1, max: 2000 })
      .chain((of) => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));
    fc.assert(
      fc.property(counts, ([hits, of]) => {
        const [low, high] = plausibleShare(hits, of);
        const [mirrorLow, mirrorHigh] = plausibleShare(of - hits, of);
        expect(low).to.be.within(0, hits / of + 1e-9);
        expect(high).to.be.within(hits / of - 1e-9, 1);
        expect(mirrorLow).to.be.closeTo(1 - high, 1e-9);
        expect(mirrorHigh).to.be.closeTo(1 - low, 1e-9);
      }),
    );
  });

  it("excludes 1 if one flow differs, and 0 if one flow hits", () => {
    for (const count of [4, 40, 400]) {
      expect(plausibleShare(count - 1, count)[1]).to.be.lessThan(1);
      expect(plausibleShare(1, count)[0]).to.be.greaterThan(0);
    }
  });
});
