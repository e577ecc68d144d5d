import { expect } from "chai";
import { sysctl } from "../../../../lib/scenario/spec.ts";
import { INJECTED, PROBED } from "../../../fixtures/engine/course.ts";
import { AS_BEFORE, followCourses, HEALED, RECOVERED, STEADY } from "../../../fixtures/engine/course.ts";
import { BRIDGE, FORWARD } from "../../../fixtures/engine/fake-scenario-context.ts";

/** The verdict of whatever was broken off. */
const STOPPED = { verdict: "unknown", reason: "the run was told to stop" } as const;
const begun = [...STEADY, ...INJECTED] as const;

describe("stopping a scenario", () => {
  followCourses([
    {
      title: "a stop in the steady state ends the scenario there, with nothing injected",
      given: (fake) => fake.at("steady: probe on A", fake.abort, 2),
      log: ["round steady", "error"],
      ...STOPPED,
      also: ({ nodes }) => expect(nodes.A.ran).to.deep.equal([]),
    },
    {
      title: "a stop while the nodes are read beside the steady rounds injects nothing",
      given: (fake) => fake.at("steady: fingerprint on B", fake.abort),
      log: ["error"],
      beside: ["round steady"],
      ...STOPPED,
      also: ({ nodes }) => expect(nodes.A.ran).to.deep.equal([]),
    },
    {
      title: "a stop while a fault is applied lets the injection end, probes nothing and undoes it",
      given: (fake) => fake.at("inject: apply on A", fake.abort),
      log: [...begun, "in force during", "error", "healed"],
      ...STOPPED,
    },
    {
      title: "a stop between two faults undoes the first and never injects the second",
      scenario: {
        fault: [sysctl("A", "net.ipv4.ip_forward", 0), sysctl("A", "net.bridge.bridge-nf-call-iptables", 0)],
      },
      given: (fake) => fake.at("inject: read-back on A", fake.abort),
      log: [...STEADY, "injected", "error", "healed"],
      ...STOPPED,
      also: ({ nodes }) => expect(nodes.A.ran).not.to.include(`apply ${BRIDGE}`),
    },
    {
      title: "a stop while paths are probed undoes the fault at once and compares no nodes",
      given: (fake) => fake.at("fault: probe on A", fake.abort),
      log: [...begun, "in force during", "error", "healed"],
      ...STOPPED,
    },
    {
      title: "a stop while a symptom is shown to last undoes the fault at once",
      scenario: { recovers: { withinMs: 2000, notUntil: { what: "the agent restarts", lastsMs: 20 } } },
      given: (fake) => fake.at("fault: probe on A", fake.abort, 2),
      log: [...begun, ...PROBED, "in force during", "error", "healed"],
      ...STOPPED,
    },
    {
      title: "a stop while the fault is read after the probes undoes it, and waits for no recovery",
      given: (fake) => fake.at("fault: read-back on A", fake.abort, 2),
      log: [...begun, ...PROBED, ...HEALED, "error"],
      ...STOPPED,
    },
    {
      title: "a stop while the fault is undone lets that end, and waits for no recovery",
      given: (fake) => fake.at("heal: undo on A", fake.abort),
      log: [...begun, ...PROBED, ...HEALED, "error"],
      ...STOPPED,
    },
    {
      title: "a stop in the recovery ends the scenario there, with its fault undone",
      given: (fake) => fake.at("recovery: probe on B", fake.abort, 2),
      log: [...begun, ...PROBED, ...HEALED, "round recovery", "error"],
      ...STOPPED,
    },
    {
      title: "a stop while the nodes are compared beside the recovery ends the scenario there",
      given: (fake) => fake.at("recovery: fingerprint on A", fake.abort),
      log: [...begun, ...PROBED, ...HEALED, "error"],
      beside: ["round recovery"],
      ...STOPPED,
    },
    {
      title: "a stop in the last comparison changes no verdict, since all of it was seen",
      given: (fake) => {
        fake.at("heal: undo on A", () => fake.routes.A.push("blackhole 198.51.100.0/24"));
        fake.at("compare: fingerprint on A", () => {
          fake.routes.A.splice(0);
          fake.abort();
        });
      },
      log: [...begun, ...PROBED, ...HEALED, ...RECOVERED, ...AS_BEFORE],
      verdict: "pass",
      reason: "every path as claimed",
    },
    {
      title: "a stop while a node still differs ends the wait, and says that the node had not come back",
      scenario: { recovers: { withinMs: 5000 } },
      given: (fake) => {
        fake.at("heal: undo on A", () => fake.routes.A.push("blackhole 198.51.100.0/24"));
        fake.at("compare: fingerprint on A", fake.abort, 2);
      },
      log: [...begun, ...PROBED, ...HEALED, ...RECOVERED, "A differs", "error"],
      ...STOPPED,
    },
    {
      title: "a stop with an undo that fails fails the scenario, and the journal keeps the fault",
      given: (fake) => {
        fake.at("fault: probe on A", fake.abort);
        fake.nodes.A.failing.add(`undo ${FORWARD}`);
      },
      log: [...begun, "in force during", "error", "not healed"],
      verdict: "fail",
      reason: "fault could not be undone",
      leftOpen: 1,
    },
  ]);
});
