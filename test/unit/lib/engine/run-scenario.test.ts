import { expect } from "chai";
import { noFault, sysctl } from "../../../../lib/scenario/spec.ts";
import {
  AS_BEFORE,
  followCourses,
  HEALED,
  INJECTED,
  PASSES,
  PROBED,
  RECOVERED,
  STEADY,
} from "../../../fixtures/engine/course.ts";
import { FORWARD, QUICK, SPENT, type FakeScenarioContext } from "../../../fixtures/engine/fake-scenario-context.ts";
import { BROKEN, CONTROL } from "../../sample-log.ts";

/** All that comes after the probes where nothing goes wrong any more. */
const AFTERWARDS = [...HEALED, ...RECOVERED, ...AS_BEFORE] as const;

const ran = ({ nodes }: FakeScenarioContext) => nodes.A.ran.map((one) => one.split(" ")[0]);

describe("running a scenario", () => {
  followCourses([
    {
      title: "a claim that holds passes, and its fault is captured, applied, read, undone and verified",
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
      also: (fake) =>
        expect(ran(fake)).to.deep.equal([
          "capture",
          "apply",
          "read-back",
          "read-back",
          "read-back",
          "read-back",
          "undo",
          "verify",
        ]),
    },
    {
      title: "a claim that nothing breaks is its own steady state: no round before, no comparison after",
      scenario: { fault: noFault, expect: { [CONTROL]: "ok" } },
      given: (fake) => (fake.paths = [CONTROL]),
      log: [...INJECTED, ...PROBED, ...HEALED],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a scenario that its cell skips touches no node",
      scenario: { skipWhen: () => "the cell has no overlay" },
      log: ["skipped"],
      verdict: "skip",
      reason: "the cell has no overlay",
      also: (fake) => expect(ran(fake)).to.deep.equal([]),
    },
    {
      title: "a path that does not show its symptom fails the scenario",
      given: (fake) => (fake.show = () => "ok"),
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${BROKEN}: expected connect-timeout, observed ok ×3`,
    },
    {
      title: "another symptom than the claimed one fails the scenario",
      given: (fake) => (fake.show = (path) => (path === BROKEN && isBroken(fake) ? "connection-refused" : "ok")),
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${BROKEN}: expected connect-timeout, observed connection-refused ×3`,
    },
    {
      title: "a red control fails the scenario, though the broken path is as claimed",
      given: (fake) => (fake.show = () => (isBroken(fake) ? "connect-timeout" : "ok")),
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${CONTROL}: expected ok, observed connect-timeout ×3`,
    },
    {
      title: "a scenario without its fault fails, since no path breaks",
      mode: "no-fault",
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${BROKEN}: expected connect-timeout, observed ok ×3`,
    },
    {
      title: "a scenario with its fault on the other node breaks that node, and fails",
      mode: "wrong-node",
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "fail",
      reason: `${BROKEN}: expected connect-timeout, observed ok ×3`,
      also: (fake) => {
        expect(ran(fake)).to.deep.equal([]);
        expect(fake.nodes.B.ran).to.include(`undo ${FORWARD}`);
      },
    },
  ]);
});

describe("the steady state before a fault", () => {
  followCourses([
    {
      title: "a steady state that comes only after a bad round is waited for, three good rounds in a row",
      given: (fake) => {
        let asked = 0;
        const usual = fake.show;
        fake.show = (path) => (path === CONTROL && (asked += 1) === 2 ? "connection-refused" : usual(path));
      },
      log: ["round steady", "round steady", ...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a node that changes while the paths get steady is read once more, and is as before in the end",
      given: (fake) => {
        let asked = 0;
        const usual = fake.show;
        fake.show = (path) => (path === CONTROL && (asked += 1) === 1 ? "connection-refused" : usual(path));
        fake.at("steady: probe on A", () => fake.routes.A.push("10.244.2.0/24 dev cni0"), 2);
      },
      log: ["round steady", ...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a node that cannot be read beside the steady rounds is read once more before the fault",
      given: (fake) =>
        fake.at("steady: fingerprint on B", () => {
          throw new Error("docker: connection reset");
        }),
      log: [...STEADY, ...INJECTED, ...PROBED, ...AFTERWARDS],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a steady state that never holds ends the scenario undecided, with nothing injected",
      given: (fake) => {
        fake.context = { ...fake.context, pace: { ...QUICK, steadyBudgetMs: SPENT } };
        fake.show = (path) => (path === CONTROL ? "connect-timeout" : "ok");
      },
      log: ["round steady", "error"],
      verdict: "unknown",
      reason: `before the fault: ${CONTROL} is connect-timeout`,
      also: (fake) => expect(ran(fake)).to.deep.equal([]),
    },
    {
      title: "a node whose state cannot be read before the fault is not broken",
      given: (fake) => fake.answerAt("steady: fingerprint on B", { exitCode: 1, stderr: "sh: out of memory" }),
      log: [...STEADY, "error"],
      verdict: "unknown",
      reason: "out of memory",
      also: (fake) => expect(ran(fake)).to.deep.equal([]),
    },
  ]);
});

describe("injecting the fault", () => {
  const notInjected = [...STEADY, "error", ...AS_BEFORE];
  const onB = sysctl("B", "net.ipv4.ip_forward", 0);

  followCourses([
    {
      title: "a fault that validation refuses reaches no node",
      scenario: { fault: sysctl("A", "net.netfilter.nf_conntrack_max", 1) },
      log: notInjected,
      verdict: "unknown",
      reason: "is the whole machine's, not one node's",
      also: (fake) => expect(ran(fake)).to.deep.equal([]),
    },
    {
      title: "a fault that the node refuses is nothing to undo",
      given: (fake) => fake.answerAt("inject: capture on A", { exitCode: 93, stderr: "faultline: claimed by another" }),
      log: notInjected,
      verdict: "unknown",
      reason: "node A refused: claimed by another",
    },
    {
      title: "a fault whose injection fails half-way is undone at once",
      given: (fake) => fake.nodes.A.failing.add(`read-back ${FORWARD}`),
      log: notInjected,
      verdict: "unknown",
      reason: "could not be applied, and was undone",
    },
    {
      title: "a fault whose command cannot be started is undone at once",
      given: (fake) =>
        fake.at("inject: apply on A", () => {
          throw new Error("docker: no such container");
        }),
      log: notInjected,
      verdict: "unknown",
      reason: "could not be applied, and was undone: docker: no such container",
    },
    {
      title: "a second fault that cannot be injected has the first one undone",
      scenario: { fault: [sysctl("A", "net.ipv4.ip_forward", 0), onB] },
      given: (fake) => fake.nodes.B.failing.add(`apply ${FORWARD}`),
      log: [...STEADY, "injected", "error", "healed", ...AS_BEFORE],
      verdict: "unknown",
      reason: "ip_forward=0 on B could not be applied, and was undone",
    },
    {
      title: "two faults on two nodes are read, and undone on both",
      scenario: { fault: [sysctl("A", "net.ipv4.ip_forward", 0), onB] },
      log: [
        ...STEADY,
        "injected",
        "injected",
        "in force before",
        "in force before",
        ...["in force during", "in force during", "round fault", "in force after", "in force after"],
        ...["healed", "healed", ...RECOVERED, ...AS_BEFORE],
      ],
      verdict: "pass",
      reason: PASSES,
    },
    {
      title: "a fault that can neither be read nor undone leaves its node tainted, and the scenario fails",
      given: (fake) => fake.nodes.A.failing.add(`read-back ${FORWARD}`).add(`undo ${FORWARD}`),
      scenario: { recovers: { withinMs: 20 } },
      log: [...STEADY, "error", "A differs", "B as before"],
      verdict: "fail",
      reason: "node state differs from the baseline",
      leftOpen: 1,
    },
  ]);
});

function isBroken({ nodes }: FakeScenarioContext): boolean {
  return nodes.A.values.get(FORWARD) === "0";
}
