import { expect } from "chai";
import { patience } from "../../../../lib/host/time-scale.ts";
import { patiently } from "../../../../lib/scenario/patiently.ts";
import { notUntil, noFault, within, type Scenario } from "../../../../lib/scenario/spec.ts";

const SCENARIO: Scenario = {
  ...{ id: "a/b", title: "t", claim: "c", documented: [], fault: noFault, expect: {} },
  appears: within(10_000),
  recovers: notUntil("it is restarted", { lastsMs: 5000, withinMs: 2000 }),
};

describe("patience", () => {
  it("returns 1 unless the variable is a number from 1 to 20", () => {
    expect(["4", "1", "0", "21", "x", undefined].map((asked) => patience({ FAULTLINE_PATIENCE: asked }))).to.deep.equal(
      [4, 1, 1, 1, 1, 1],
    );
  });

  it("multiplies the budgets for appearing, lasting and recovering, and changes nothing else", () => {
    const { appears, recovers } = patiently(SCENARIO, 4);
    expect([appears?.withinMs, recovers.withinMs, recovers.notUntil?.lastsMs]).to.deep.equal([40_000, 8000, 20_000]);
    expect(patiently(SCENARIO, 1)).to.deep.equal(SCENARIO);
    const { id, title, claim, documented, fault, expect: none, recovers: same } = SCENARIO;
    const bare = { id, title, claim, documented, fault, expect: none, recovers: same };
    expect(patiently(bare, 4)).to.not.have.property("appears");
  });
});
