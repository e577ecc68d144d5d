import { expect } from "chai";
import { readJournal } from "../../../../lib/journal/read.ts";
import { taintedNodes } from "../../../../lib/verdict/taint.ts";
import { INJECTED, PROBED } from "../../../fixtures/engine/course.ts";
import { AS_BEFORE, followCourses, HEALED, PASSES, RECOVERED, STEADY } from "../../../fixtures/engine/course.ts";
import { FORWARD, SPENT, type FakeScenarioContext } from "../../../fixtures/engine/fake-scenario-context.ts";
import { BROKEN } from "../../sample-log.ts";

const begun = [...STEADY, ...INJECTED, ...PROBED] as const;
const ROUTE = "blackhole 198.51.100.0/24";

/** What the broken path shows once the fault is undone. */
function afterwards(fake: FakeScenarioContext, shown: ReturnType<FakeScenarioContext["show"]>): void {
  const usual = fake.show;
  fake.show = (path) => {
    return path === BROKEN && fake.events.some(({ type }) => type === "healed") ? shown : usual(path);
  };
}

describe("undoing the fault", () => {
  followCourses([
    {
      title: "an undo that fails leaves the fault in the journal and its node tainted, and the scenario fails",
      scenario: { recovers: { withinMs: SPENT } },
      given: (fake) => fake.nodes.A.failing.add(`undo ${FORWARD}`),
      log: [...begun, "in force after", "not healed", "round recovery", "not-recovered", "A differs", "B as before"],
      verdict: "fail",
      reason: "fault could not be undone: exit 1",
      leftOpen: 1,
      also: ({ events, context }) => {
        expect(taintedNodes(events).map(({ node }) => node)).to.deep.equal(["A"]);
        expect(readJournal(context.journal.path).entries.at(-1)).to.include({ state: "failed" });
      },
    },
    {
      title: "a fault that another undid after the probes leaves the verdict as it is",
      given: (fake) => fake.at("heal: undo on A", () => fake.nodes.A.values.set(FORWARD, "1")),
      log: [...begun, ...HEALED, ...RECOVERED, ...AS_BEFORE],
      verdict: "pass",
      reason: PASSES,
    },
  ]);
});

describe("the recovery", () => {
  followCourses([
    {
      title: "a recovery that never comes fails the scenario",
      scenario: { recovers: { withinMs: SPENT } },
      given: (fake) => afterwards(fake, "connect-timeout"),
      log: [...begun, ...HEALED, "round recovery", "not-recovered", ...AS_BEFORE],
      verdict: "fail",
      reason: "not recovered",
    },
    {
      title: "a recovery that cannot be told leaves the scenario undecided",
      scenario: { recovers: { withinMs: SPENT } },
      given: (fake) => afterwards(fake, "no report"),
      log: [...begun, ...HEALED, "round recovery", "not-recovered", ...AS_BEFORE],
      verdict: "unknown",
      reason: "not recovered",
    },
    {
      title: "a recovery is three good rounds in a row, whatever came before",
      given: (fake) => {
        let asked = 0;
        const usual = fake.show;
        fake.show = (path) => {
          const isHealed = fake.events.some(({ type }) => type === "healed");
          return isHealed && path === BROKEN && (asked += 1) === 2 ? "connection-refused" : usual(path);
        };
      },
      log: [...begun, ...HEALED, "round recovery", "round recovery", ...RECOVERED, ...AS_BEFORE],
      verdict: "pass",
      reason: PASSES,
    },
  ]);
});

describe("comparing the nodes with what they were", () => {
  const unreadable = (fake: FakeScenarioContext, answer: Parameters<FakeScenarioContext["answerAt"]>[1]) => {
    for (const phase of ["recovery", "compare"] as const) fake.answerAt(`${phase}: fingerprint on B`, answer);
  };
  const routeOnA = (fake: FakeScenarioContext) => fake.at("heal: undo on A", () => fake.routes.A.push(ROUTE));

  followCourses([
    {
      title: "a node that still differs when the budget is spent is tainted, and the scenario fails",
      scenario: { recovers: { withinMs: 500 } },
      given: routeOnA,
      log: [...begun, ...HEALED, ...RECOVERED, "A differs", "B as before"],
      verdict: "fail",
      reason: "node state differs from the baseline: A: route",
      also: ({ events }) => expect(taintedNodes(events)[0]?.why).to.include(ROUTE),
    },
    {
      title: "a difference that an agent removes within the budget is none",
      given: (fake) => {
        routeOnA(fake);
        fake.at("compare: fingerprint on A", () => fake.routes.A.splice(0), 2);
      },
      log: [...begun, ...HEALED, ...RECOVERED, ...AS_BEFORE],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a node that changes while the paths come back is read once more, and is tainted",
      scenario: { recovers: { withinMs: 500 } },
      given: (fake) => {
        let asked = 0;
        const usual = fake.show;
        fake.show = (path) => {
          const isHealed = fake.events.some(({ type }) => type === "healed");
          return isHealed && path === BROKEN && (asked += 1) === 1 ? "connection-refused" : usual(path);
        };
        fake.at("recovery: probe on A", () => fake.routes.A.push(ROUTE), 2);
      },
      log: [...begun, ...HEALED, "round recovery", ...RECOVERED, "A differs", "B as before"],
      verdict: "fail",
      reason: "node state differs from the baseline: A: route",
    },
    {
      title: "a node that cannot be read beside the recovery is read once more",
      given: (fake) => fake.answerAt("recovery: fingerprint on B", { exitCode: 1, stderr: "sh: out of memory" }),
      log: [...begun, ...HEALED, ...RECOVERED, ...AS_BEFORE],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a node that cannot be read afterwards leaves the scenario undecided",
      given: (fake) => unreadable(fake, { exitCode: 1, stderr: "sh: out of memory" }),
      log: [...begun, ...HEALED, ...RECOVERED, "error"],
      verdict: "unknown",
      reason: "out of memory",
    },
    {
      title: "a node whose answer is cut short afterwards leaves the scenario undecided",
      given: (fake) => unreadable(fake, { stdout: "@@ sysctl\n" }),
      log: [...begun, ...HEALED, ...RECOVERED, "error"],
      verdict: "unknown",
      reason: "a fingerprint is cut short",
    },
  ]);
});
