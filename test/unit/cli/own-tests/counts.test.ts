import { expect } from "chai";
import { layerCounts, sumCounts, summaryLines, tookLine, type LeftOut } from "../../../../cli/own-tests/counts.ts";

const line = (passes: number, failures: number, pending: number, planned: number, leftOut: readonly LeftOut[] = []) =>
  JSON.stringify({ suites: 1, tests: passes + failures + pending, passes, failures, pending, planned, leftOut });
const SLOW: LeftOut = { reason: "slow", tests: 2 };

describe("what came of a layer's tests", () => {
  it("is what mocha counted when all were run", () => {
    expect(layerCounts(0, line(5, 0, 1, 6))).to.deep.equal({ passes: 5, failures: 0, pending: 1, leftOut: [] });
    expect(layerCounts(2, line(3, 2, 0, 5))).to.deep.equal({ passes: 3, failures: 2, pending: 0, leftOut: [] });
  });

  it("is a failure when it died, ran nothing, or said nothing", () => {
    expect(layerCounts(1, line(5, 0, 0, 5)).failures).to.equal(1);
    expect(layerCounts(0, line(0, 0, 0, 0)).failures).to.equal(1);
    expect(layerCounts(0, undefined).failures).to.equal(1);
  });

  it("is a failure when it ended before all were run, though all that had run were well", () => {
    expect(layerCounts(0, line(1101, 0, 0, 1449))).to.include({ passes: 1101, failures: 1, pending: 0 });
  });

  it("counts a hook's failure once: the tests after it are its doing", () => {
    expect(layerCounts(1, line(3, 1, 0, 9)).failures).to.equal(1);
  });

  it("counts what is left out as neither passed nor skipped, and is no failure where that is all of a file", () => {
    const none = { passes: 0, failures: 0, pending: 0 };
    expect(layerCounts(0, line(0, 0, 0, 0, [SLOW]))).to.deep.equal({ ...none, leftOut: [SLOW] });
    expect(layerCounts(1, line(0, 0, 0, 0, [SLOW])).failures).to.equal(1);
  });
});

describe("sumCounts", () => {
  it("adds every number, and what is left out for the same reason once", () => {
    const one = { passes: 1, failures: 2, pending: 3, leftOut: [SLOW, { reason: "big", tests: 1 }] };
    const other = { passes: 10, failures: 20, pending: 30, leftOut: [{ reason: "slow", tests: 5 }] };
    expect(sumCounts([one, other])).to.deep.equal({
      passes: 11,
      failures: 22,
      pending: 33,
      leftOut: [
        { reason: "slow", tests: 7 },
        { reason: "big", tests: 1 },
      ],
    });
    expect(sumCounts([])).to.deep.equal({ passes: 0, failures: 0, pending: 0, leftOut: [] });
  });
});

describe("summaryLines", () => {
  it("ends with the three counts, and tells before them what was left out and why", () => {
    const leftOut = [SLOW, { reason: "big", tests: 10 }];
    expect(summaryLines({ passes: 7, failures: 0, pending: 1, leftOut }, "took 1 min 0 s")).to.deep.equal([
      "left out: 12 tests (./faultline test --all runs them)",
      "   2 slow",
      "  10 big",
      "",
      "took 1 min 0 s",
      "7 passed, 0 failed, 1 skipped",
    ]);
  });

  it("is the time and the counts where nothing was left out", () => {
    const all = { passes: 7, failures: 1, pending: 0, leftOut: [] };
    expect(summaryLines(all, "took 2 s")).to.deep.equal(["took 2 s", "7 passed, 1 failed, 0 skipped"]);
  });
});

describe("tookLine", () => {
  it("tells the time in minutes and seconds, beside the budget where the whole default set has run", () => {
    expect(tookLine(1_119_600, { all: false, isWhole: true })).to.equal(
      "took 18 min 40 s (budget on 2 cores: 20 min, 40 min from nothing)",
    );
    expect(tookLine(9_000, { all: true, isWhole: true })).to.equal("took 0 min 9 s");
    expect(tookLine(60_000, { all: false, isWhole: false })).to.equal("took 1 min 0 s");
  });
});
