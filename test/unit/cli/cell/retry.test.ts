import { expect } from "chai";
import { FIRST, nextTry } from "../../../../cli/cell/retry.ts";
import type { Event } from "../../../../lib/events/event.ts";
import type { Mode, Nth } from "../../../../lib/model/mode.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, CONTROL, flows, scenarioLog, without, withEvent, FORWARD_OFF } from "../../sample-log.ts";

const pass = scenarioLog();
const fail = scenarioLog({ underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] });
const unknown = scenarioLog({ underFault: [...flows(BROKEN, "unknown", 3), ...flows(CONTROL, "ok", 3)] });
const notBegun = without(unknown, ({ type }) => type === "injected");
const adrift = withEvent(pass, {
  type: "drifted",
  scenario: "nodes/ip-forward",
  faultId: "f0",
  fault: FORWARD_OFF,
  afterMs: 900,
  detail: "= 1",
  agents: [],
});

/** `repeat.attempt` of what comes next, `end` for nothing. */
function next(events: readonly Event[], nth: Nth = FIRST, repeats = 1, mode: Mode = "as-claimed", fails = 1): string {
  const found = nextTry({ nth, mode, result: judgeScenario("cell", events), events, fails }, repeats);
  return found ? `${found.repeat}.${found.attempt}` : "end";
}

describe("what is run after a try of a scenario", () => {
  it("nothing after a pass, or the next repeat", () => {
    expect(next(pass)).to.equal("end");
    expect(next(pass, FIRST, 3)).to.equal("2.1");
    expect(next(pass, { repeat: 3, attempt: 1 }, 3)).to.equal("end");
  });

  it("a fail once more, but where it is repeated anyway, or must fail", () => {
    expect(next(fail)).to.equal("1.2");
    expect(next(fail, { repeat: 1, attempt: 2 }, 1, "as-claimed", 2)).to.equal("end");
    // The first could not be told.
    expect(next(fail, { repeat: 1, attempt: 2 }, 1, "as-claimed", 1)).to.equal("1.3");
    expect(next(fail, FIRST, 3)).to.equal("2.1");
    expect(next(fail, FIRST, 1, "swapped")).to.equal("end");
  });

  it("what could not be told twice more, in every mode", () => {
    expect(next(unknown)).to.equal("1.2");
    expect(next(unknown, { repeat: 1, attempt: 2 }, 1, "no-fault")).to.equal("1.3");
    expect(next(unknown, { repeat: 1, attempt: 3 })).to.equal("end");
    expect(next(unknown, { repeat: 2, attempt: 1 }, 3)).to.equal("2.2");
  });

  it("not what never got to its fault, nor a fault that did not stay: that is the finding", () => {
    expect(next(notBegun)).to.equal("end");
    expect(next(adrift)).to.equal("end");
  });
});
