import { expect } from "chai";
import { INJECTED, PROBED } from "../../../fixtures/engine/course.ts";
import { AS_BEFORE, followCourses, HEALED, PASSES, RECOVERED, STEADY } from "../../../fixtures/engine/course.ts";
import { FORWARD, type FakeScenarioContext } from "../../../fixtures/engine/fake-scenario-context.ts";
import { BROKEN, CONTROL } from "../../sample-log.ts";

const AFTERWARDS = [...RECOVERED, ...AS_BEFORE] as const;
const begun = [...STEADY, ...INJECTED] as const;

/** Somebody puts the value right at node A. */
const heals = (fake: FakeScenarioContext) => () => void fake.nodes.A.values.set(FORWARD, "1");

/** The broken path shows `shown` in the rounds under the fault that are named, and otherwise what it always shows. */
function inRounds(
  fake: FakeScenarioContext,
  rounds: readonly number[],
  shown: ReturnType<FakeScenarioContext["show"]>,
): void {
  const usual = fake.show;
  fake.show = (path) => {
    const round = 1 + fake.events.filter((event) => event.type === "round" && event.phase === "fault").length;
    return path === BROKEN && usual(path) !== "ok" && rounds.includes(round) ? shown : usual(path);
  };
}

describe("a scenario whose fault is gone", () => {
  followCourses([
    {
      title: "a fault that is gone when it is read back did not take, and the scenario is undecided",
      given: (fake) => fake.at("inject: read-back on A", heals(fake)),
      log: [...STEADY, "error", ...AS_BEFORE],
      verdict: "unknown",
      reason: "sysctl net.ipv4.ip_forward=0 on A did not take",
    },
    {
      title: "a fault that is gone before the probes is not probed, and the scenario is undecided",
      given: (fake) => fake.at("inject: read-back on A", heals(fake), 2),
      log: [...STEADY, "injected", "gone before", "drifted", "healed", ...AFTERWARDS],
      verdict: "unknown",
      reason: "net.ipv4.ip_forward = 1; meanwhile flannel: resync",
    },
    {
      title: "a fault that goes during the probes ends them, and the scenario is undecided",
      given: (fake) => fake.at("fault: probe on A", heals(fake)),
      log: [...begun, "gone during", "drifted", "round fault", "healed", ...AFTERWARDS],
      verdict: "unknown",
      reason: "net.ipv4.ip_forward = 1; meanwhile flannel: resync",
    },
    {
      title: "a fault that is gone after the probes leaves nothing to judge, and the scenario is undecided",
      given: (fake) => fake.at("fault: read-back on A", heals(fake), 2),
      log: [...begun, ...PROBED, "gone after", "drifted", "healed", ...AFTERWARDS],
      verdict: "unknown",
      reason: "net.ipv4.ip_forward = 1; meanwhile flannel: resync",
    },
    {
      title: "a fault that is gone is logged without its agents where their log cannot be read",
      given: (fake) => {
        fake.at("fault: read-back on A", heals(fake), 2);
        fake.answerAt("fault: agent log on A", { exitCode: 1 });
      },
      log: [...begun, ...PROBED, "gone after", "drifted", "healed", ...AFTERWARDS],
      verdict: "unknown",
      reason: "no agent logged why",
    },
    {
      title: "a fault that its node cannot be asked for leaves the scenario undecided",
      given: (fake) => fake.answerAt("fault: read-back on A", { exitCode: 1, stderr: "sh: out of memory" }),
      log: [...begun, "round fault", "error", "healed", ...AS_BEFORE],
      verdict: "unknown",
      reason: "command on node A failed: exit 1: sh: out of memory",
    },
    {
      title: "a node that dies under the fault is named as the reason, not what cannot be compared for it",
      given: (fake) => {
        fake.answerAt("fault: read-back on A", { exitCode: 1, stderr: "container is not running" });
        fake.answerAt("compare: fingerprint on A", { exitCode: 1, stderr: "still not running" });
      },
      log: [...begun, "round fault", "error", "healed", "error"],
      verdict: "unknown",
      reason: "command on node A failed: exit 1: container is not running",
    },
  ]);
});

describe("the rounds of probes under a fault", () => {
  followCourses([
    {
      title: "a prober that cannot be started once is started again in the same round",
      given: (fake) =>
        fake.at("fault: probe on A", () => {
          throw new Error("docker: connection reset");
        }),
      log: [...begun, ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a prober that prints no frame is run for two more rounds, and then the scenario is undecided",
      given: (fake) => fake.answerAt("fault: probe on A", { stdout: "" }),
      log: [...begun, ...PROBED, "measured-again", ...PROBED, "measured-again", ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "unknown",
      reason: `${CONTROL}: expected ok, observed unknown ×3 (incomplete report: the prober wrote nothing)`,
    },
    {
      title: "a path that one round cannot tell is measured again, and the next round decides",
      given: (fake) => inRounds(fake, [1], "no report"),
      log: [...begun, ...PROBED, "measured-again", ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a connect given up early while a neighbour is asked for is measured again",
      given: (fake) => {
        inRounds(fake, [1], "given up early");
        fake.answerAt("fault: neighbours on A", { stdout: "10.244.1.3 dev cni0 used 0/0/0 probes 4 INCOMPLETE\n" });
      },
      log: [...begun, ...PROBED, "measured-again", ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a connect given up early counts where no neighbour is asked for",
      given: (fake) => inRounds(fake, [1], "given up early"),
      log: [...begun, ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
  ]);
});

describe("a scenario whose symptom takes its time", () => {
  const lasts = { recovers: { withinMs: 2000, notUntil: { what: "the agent restarts", lastsMs: 20 } } };

  followCourses([
    {
      title: "a symptom that comes late is waited for, and the round that shows it decides",
      scenario: { appears: { withinMs: 5000 } },
      given: (fake) => inRounds(fake, [1, 2], "ok"),
      log: [...begun, ...PROBED, ...PROBED, ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a symptom that is claimed to last is probed again until its time is up",
      scenario: lasts,
      log: [...begun, ...PROBED, "in force during", "round fault, lasting", ...HEALED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a symptom that is claimed to last and does not fails the scenario",
      scenario: lasts,
      given: (fake) => inRounds(fake, [2], "ok"),
      log: [...begun, ...PROBED, "in force during", "round fault, lasting", ...HEALED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${BROKEN}: expected connect-timeout, observed connect-timeout ×3, ok ×3`,
    },
  ]);
});

describe("a scenario whose fault an agent is claimed to undo", () => {
  const healedBy = (withinMs: number) => ({
    expect: { [BROKEN]: "ok", [CONTROL]: "ok" } as const,
    healsItself: () => {
      return { by: "flannel", kind: "sysctl", withinMs, meanwhile: { [BROKEN]: ["connect-timeout"] } } as const;
    },
  });

  followCourses([
    {
      title: "a fault that the agent undoes is probed until it is gone, and once more afterwards",
      scenario: healedBy(5000),
      given: (fake) => fake.at("fault: probe on A", heals(fake), 2),
      log: [...begun, ...PROBED, "gone during", "drifted", "round fault", "round fault", "healed", ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
      also: ({ events }) => {
        const healed = events.find((event) => event.type === "healed");
        expect(healed?.detail).to.equal("nothing to undo");
      },
    },
    {
      title: "a fault that the agent leaves alone fails the scenario, and we undo it",
      scenario: healedBy(0),
      log: [...begun, ...PROBED, ...HEALED, ...AFTERWARDS],
      verdict: "fail",
      reason: "flannel did not undo it within 0 ms",
    },
  ]);
});
