import { expect } from "chai";
import { layerCounts } from "../../../../cli/own-tests/counts.ts";

const line = (passes: number, failures: number, pending: number, planned: number) =>
  JSON.stringify({ suites: 1, tests: passes + failures + pending, passes, failures, pending, planned });

describe("what came of a layer's tests", () => {
  it("is what mocha counted when all were run", () => {
    expect(layerCounts(0, line(5, 0, 1, 6))).to.deep.equal({ passes: 5, failures: 0, pending: 1 });
    expect(layerCounts(2, line(3, 2, 0, 5))).to.deep.equal({ passes: 3, failures: 2, pending: 0 });
  });

  it("is a failure when it died, ran nothing, or said nothing", () => {
    expect(layerCounts(1, line(5, 0, 0, 5)).failures).to.equal(1);
    expect(layerCounts(0, line(0, 0, 0, 0)).failures).to.equal(1);
    expect(layerCounts(0, undefined).failures).to.equal(1);
  });

  it("is a failure when it ended before all were run, though all that had run were well", () => {
    expect(layerCounts(0, line(1101, 0, 0, 1449))).to.deep.equal({ passes: 1101, failures: 1, pending: 0 });
  });

  it("counts a hook's failure once: the tests after it are its doing", () => {
    expect(layerCounts(1, line(3, 1, 0, 9)).failures).to.equal(1);
  });
});
