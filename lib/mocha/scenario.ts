import { AssertionError } from "chai";
import { inWords } from "../model/expectation.ts";
import type { ScenarioResult } from "../verdict/result.ts";
import { checkScenario, expectationsOf, leftOutOf, type Scenario, type ScenarioSpec } from "../scenario/spec.ts";
import { currentHost, register, type SuiteHost } from "./suite-host.ts";

/**
 * States a claim as a mocha suite, so that every mocha reporter and `--grep` works: one test a path, and one for the
 * whole (fault in force, healed, recovered, node state as before). The suite's before hook runs the scenario once;
 * the tests read its result. The suite's id is its file below suites/, so a file holds one scenario. Throws
 * UsageError as checkScenario and register do.
 */
export function scenario(title: string, spec: ScenarioSpec): void {
  describe(title, function () {
    const stated: Scenario = { ...spec, id: suiteId(this.file), title };
    checkScenario(stated);
    register(stated);
    scenarioSuites.add(this);
    const host = currentHost();
    if (host) defineTests(host, stated);
    else for (const path of Object.keys(stated.expect)) it(path);
  });
}

const scenarioSuites = new WeakSet<Mocha.Suite>();

/** Returns true for a test or hook that `scenario` made: it is judged with its scenario. */
export function isOfScenario(test: Mocha.Runnable): boolean {
  for (let suite = test.parent; suite; suite = suite.parent) if (scenarioSuites.has(suite)) return true;
  return false;
}

function defineTests(host: SuiteHost, stated: Scenario): void {
  let result: ScenarioResult | undefined;
  before("break, prove, heal", async function () {
    this.timeout(0);
    result = await host.run(stated);
  });
  for (const [path, expected] of Object.entries(expectationsOf(stated, host.context))) {
    it(`${path}: ${inWords(expected)}`, function () {
      if (result?.verdict === "skip") this.skip();
      const measured = result?.paths.find((each) => each.path === path);
      if (measured?.verdict !== "pass") throw new AssertionError(measured?.reason ?? "not measured");
    });
  }
  // A pending test, so that every mocha report shows the paths that the cell lacks.
  for (const [path, reason] of Object.entries(leftOutOf(stated, host.context))) it(`${path}: left out, ${reason}`);
  it("fault in force throughout, healed, recovered, node state as before", function () {
    if (result?.verdict === "skip") this.skip();
    if (result?.verdict !== "pass") throw new AssertionError(`${result?.verdict}: ${result?.reason}`);
  });
}

/** Returns a suite's id: `…/suites/services/no-endpoints.ts` → `services/no-endpoints`. */
export function suiteId(file: string | undefined): string {
  const below = /^.*\/suites\/(.+)\.ts$/.exec(file ?? "");
  return below?.[1] ?? file ?? "unnamed";
}
