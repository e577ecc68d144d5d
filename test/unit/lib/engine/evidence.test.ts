import { expect } from "chai";
import { join } from "node:path";
import type { KeptEvidence } from "../../../../lib/evidence/evidence.ts";
import { scenarioEvidence, type ScenarioEvidence } from "../../../../lib/evidence/scenario-evidence.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { AS_BEFORE, HEALED, INJECTED, PROBED } from "../../../fixtures/engine/course.ts";
import { RECOVERED, STEADY, wordOf } from "../../../fixtures/engine/course.ts";
import {
  fakeScenarioContext,
  QUICK,
  SPENT,
  type FakeScenarioContext,
} from "../../../fixtures/engine/fake-scenario-context.ts";

/** Runs the scenario and resolves to its log, with what was asked of its evidence in between. */
async function logWithEvidence(fake: FakeScenarioContext): Promise<readonly string[]> {
  const log: string[] = [];
  const note = (what: string) => {
    log.push(what);
    return Promise.resolve();
  };
  const evidence: ScenarioEvidence = {
    begin: () => note("begin"),
    mark: (moment) => note(`mark ${moment}`),
    stop: () => note("stop"),
    settle: () => Promise.resolve(null),
    keep: () => Promise.reject(new Error("the engine keeps nothing")),
  };
  const { emit } = fake.context;
  fake.context = {
    ...fake.context,
    evidence,
    emit: (event) => {
      emit(event);
      log.push(...fake.events.slice(-1).map(wordOf));
    },
  };
  await fake.run();
  return log.slice(1, -1);
}

/** Runs the scenario with real evidence of the fake nodes; resolves to what is kept of it. */
async function keptOf(fake: FakeScenarioContext): Promise<KeptEvidence> {
  const { cluster, journal } = fake.context;
  const dir = join(journal.path, "..", "evidence", "nodes-ip-forward");
  const evidence = scenarioEvidence({ cluster, dir, level: "all", isWorthAll: () => true });
  fake.context = { ...fake.context, evidence };
  await fake.run();
  return await evidence.keep("full");
}

/** The log without the begin of the evidence, which is beside the steady rounds. */
const withoutBegin = (log: readonly string[]) => log.filter((word) => word !== "begin");

describe("the evidence of a scenario that is run", () => {
  it("evidence begins before the fault, is marked while it is in force, and stops once it is undone", async () => {
    using fake = fakeScenarioContext();
    const log = await logWithEvidence(fake);
    const underFault = [...INJECTED, ...PROBED, "mark during", ...HEALED];
    const whole = [...STEADY, ...underFault, "stop", ...RECOVERED, ...AS_BEFORE, "mark after"];
    expect(withoutBegin(log)).to.deep.equal(whole);
    expect(log.slice(0, log.indexOf("injected")), "begun once").to.have.members([...STEADY, "begin"]);
  });

  it("evidence begins once more where a steady round was bad, since pods may have been made since", async () => {
    using fake = fakeScenarioContext();
    let asked = 0;
    fake.show = () => ((asked += 1) === 1 ? "connection-refused" : "ok");
    const log = await logWithEvidence(fake);
    const before = log.slice(0, log.indexOf("injected"));
    expect(withoutBegin(before)).to.deep.equal(["round steady", ...STEADY]);
    expect(before.at(-1), "after the last steady round").to.equal("begin");
  });

  it("evidence is taken where the steady state never holds, since it may say why", async () => {
    using fake = fakeScenarioContext();
    fake.context = { ...fake.context, pace: { ...QUICK, steadyBudgetMs: SPENT } };
    fake.show = () => "connection-refused";
    const log = await logWithEvidence(fake);
    expect(log.slice(log.indexOf("round steady"))).to.deep.equal(["round steady", "begin", "error"]);
  });

  it("evidence of a scenario that was stopped is marked once its fault is undone", async () => {
    using fake = fakeScenarioContext();
    fake.at("fault: probe on A", fake.abort);
    const stopped = [...INJECTED, "in force during", "error", "healed", "mark after"];
    expect(withoutBegin(await logWithEvidence(fake))).to.deep.equal([...STEADY, ...stopped]);
  });

  for (const [what, answer, trouble] of [
    [
      "that cannot be taken",
      { exitCode: 1, stderr: "tcpdump not found" },
      "capture on A: capture start: tcpdump not found",
    ],
    ["that is cut off", { stdout: "@@ " }, "state during on A: a node's state is cut short"],
  ] as const) {
    it(`evidence ${what} changes neither verdict nor undoing, and says what is missing`, async () => {
      using fake = fakeScenarioContext();
      for (const phase of ["steady", "fault", "compare"] as const) fake.answerAt(`${phase}: evidence on A`, answer);
      const { trouble: told } = await keptOf(fake);
      expect(told).to.include(trouble);
      expect(judgeScenario("cell", fake.events)).to.include({ verdict: "pass" });
      expect(fake.events.filter(({ type }) => type === "healed")).to.have.length(1);
    });
  }
});
