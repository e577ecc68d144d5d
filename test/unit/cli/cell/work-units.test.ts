import { expect } from "chai";
import { unitsLeft, workUnitsOf } from "../../../../cli/cell/work-units.ts";
import type { Event } from "../../../../lib/events/event.ts";
import { cellLog, changed, scenarioLog } from "../../sample-log.ts";

const FILES = ["/x/suites/nodes/ip-forward.ts", "/x/suites/services/later.ts", "/x/suites/by-hand/tests.ts"];
const dirty = changed(scenarioLog(), "node-state", { differences: ["route new"] });
const test = (passed: boolean): Event => {
  return { atMs: 0, type: "test", suite: "by-hand/tests", title: "t", mode: "as-claimed", passed, message: "" };
};

describe("leftBy", () => {
  const units = workUnitsOf(["as-claimed"], FILES);

  it("is nothing where no node is tainted, whatever else was not run", () => {
    expect(unitsLeft(units, cellLog(scenarioLog()))).to.deep.equal([]);
    expect(unitsLeft(units, [])).to.deep.equal([]);
  });

  it("is the suites whose scenario never began, and tests that failed after the taint", () => {
    expect(unitsLeft(units, cellLog(dirty, [test(false)]))).to.deep.equal([
      { mode: "as-claimed", suiteFiles: FILES.slice(1) },
    ]);
  });

  it("is not what was said before the taint, nor what passed in spite of it", () => {
    const later = [{ mode: "as-claimed", suiteFiles: [FILES[1]] }];
    expect(unitsLeft(units, cellLog([test(false)], dirty))).to.deep.equal(later);
    expect(unitsLeft(units, cellLog(dirty, [test(true)]))).to.deep.equal(later);
  });

  it("is told for each mode, and is empty when the last scenario of the last mode was the one", () => {
    const [first = "", second = ""] = FILES;
    const modes = workUnitsOf(["no-fault", "swapped"], [first, second]);
    const noFault = changed(scenarioLog({ mode: "no-fault" }), "node-state", { differences: ["route new"] });
    expect(unitsLeft(modes, cellLog(noFault))).to.deep.equal([
      { mode: "no-fault", suiteFiles: [second] },
      { mode: "swapped", suiteFiles: [first, second] },
    ]);
    expect(unitsLeft(workUnitsOf(["as-claimed"], [first]), cellLog(dirty))).to.deep.equal([]);
  });
});
