import { AssertionError } from "chai";
import { inWords } from "../model/expectation.ts";
import type { ScenarioResult } from "../verdict/result.ts";
import { checkScenario, expectationsOf, leftOutOf, type Scenario, type ScenarioSpec } from "../scenario/spec.ts";
import { currentStand, register, type SuiteStand } from "./suite-host.ts";

/**
 * States a claim. It becomes a mocha suite: one test a path, and one for the whole (fault in force, healed, recovered, node state as before), so
 * that every mocha reporter and `--grep` works. The scenario itself runs once, in the suite's before hook; the tests only look at its result.
 * A suite's id is its file below suites/, so there is one scenario a file.
 */
export function scenario(title: string, spec: ScenarioSpec): void {
  describe(title, function () {
    const one: Scenario = { ...spec, id: suiteId(this.file), title };
    checkScenario(one);
    register(one);
    ours.add(this);
    const stand = currentStand();
    if (stand) defineTests(stand, one);
    else for (const path of Object.keys(one.expect)) it(path);
  });
}

const ours = new WeakSet<Mocha.Suite>();

/** Whether a test or hook is one that a scenario made, so that it is judged with it. */
export function isOfScenario(test: Mocha.Runnable): boolean {
  for (let suite = test.parent; suite; suite = suite.parent) if (ours.has(suite)) return true;
  return false;
}

function defineTests(stand: SuiteStand, one: Scenario): void {
  let result: ScenarioResult | undefined;
  before("break, prove, heal", async function () {
    this.timeout(0);
    result = await stand.run(one);
  });
  for (const [path, expected] of Object.entries(expectationsOf(one, stand.context))) {
    it(`${path}: ${inWords(expected)}`, function () {
      if (result?.verdict === "skip") this.skip();
      const measured = result?.paths.find((each) => each.path === path);
      if (measured?.verdict !== "pass") throw new AssertionError(measured?.reason ?? "not measured");
    });
  }
  // Pending, and so in every mocha report: what is not there is not passed over in silence.
  for (const [path, reason] of Object.entries(leftOutOf(one, stand.context))) it(`${path}: left out, ${reason}`);
  it("fault in force throughout, healed, recovered, node state as before", function () {
    if (result?.verdict === "skip") this.skip();
    if (result?.verdict !== "pass") throw new AssertionError(`${result?.verdict}: ${result?.reason}`);
  });
}

/** `…/suites/services/no-endpoints.ts` → `services/no-endpoints`. */
export function suiteId(file: string | undefined): string {
  const below = /^.*\/suites\/(.+)\.ts$/.exec(file ?? "");
  return below?.[1] ?? file ?? "unnamed";
}
