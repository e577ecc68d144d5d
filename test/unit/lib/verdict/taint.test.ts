import { expect } from "chai";
import fc from "fast-check";
import type { Event } from "../../../../lib/events/event.ts";
import type { Mode } from "../../../../lib/model/mode.ts";
import { judgeLog, judgeRun } from "../../../../lib/verdict/run.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { taintedNodes } from "../../../../lib/verdict/taint.ts";
import { cellLog, changed, FORWARD_OFF, scenarioLog, without } from "../../sample-log.ts";

const NODES: Event = {
  atMs: 0,
  type: "nodes",
  containers: { A: "x-worker", B: "x-control-plane", "control-plane": "x-control-plane" },
};
const ROUTE = "route new: blackhole 198.51.100.0/24";
const ok = scenarioLog();
const dirty = (node: "A" | "B", differences: readonly string[], mode: Mode = "as-claimed"): readonly Event[] =>
  changed(scenarioLog({ mode }), "node-state", { differences }, (event) => event.node === node);
const stuck = changed(ok, "healed", { ok: false, detail: "exit 1: busy" });
const left: Event = {
  atMs: 0,
  type: "not-undone",
  scenario: "nodes/ip-forward",
  faultId: "f0",
  fault: { ...FORWARD_OFF, node: "control-plane" },
  detail: "node could not be asked",
};
const taint = { node: "A", container: null, scenario: "nodes/ip-forward" } as const;
const FORWARD = "sysctl net.ipv4.ip_forward=0";

describe("taintedNodes", () => {
  it("returns no node if everything came back, or the log is empty", () => {
    expect(taintedNodes(cellLog([NODES], ok, scenarioLog({ mode: "swapped" })))).to.deep.equal([]);
    expect(taintedNodes([])).to.deep.equal([]);
  });

  for (const mode of ["as-claimed", "no-fault", "swapped"] as const) {
    it(`returns a node whose state differs, with the difference and its container [${mode}]`, () => {
      expect(taintedNodes(cellLog([NODES], dirty("A", [ROUTE], mode)))).to.deep.equal([
        { ...taint, container: "x-worker", why: ROUTE },
      ]);
    });
  }

  it("returns a node that had not come back when the run was stopped, so that its cluster is not used again", () => {
    const stopped = changed(ok, "node-state", { differences: [ROUTE], undecided: true }, ({ node }) => node === "A");
    expect(taintedNodes(stopped)).to.deep.equal([{ ...taint, why: ROUTE }]);
  });

  it("shows the first three differences and counts the others", () => {
    const [one] = taintedNodes(dirty("B", ["one", "two", "three", "four", "five"]));
    expect(one).to.deep.equal({ ...taint, node: "B", why: "one; two; three (and 2 more)" });
  });

  it("returns the node of a fault that could not be undone, with the error of its undo", () => {
    const why = `${FORWARD} on A could not be undone: exit 1: busy`;
    expect(taintedNodes(stuck)).to.deep.equal([{ ...taint, why }]);
    const later = `${FORWARD} on control-plane could not be undone: node could not be asked`;
    expect(taintedNodes([NODES, left])).to.deep.equal([
      { ...taint, node: "control-plane", container: "x-control-plane", why: later },
    ]);
  });

  it("returns a tainted node whatever happens afterwards", () => {
    const again = [...dirty("A", [ROUTE]), ...scenarioLog({ scenario: "b/later" })];
    expect(taintedNodes(again)).to.deep.equal([{ ...taint, why: ROUTE }]);
  });

  it("returns one entry a node and scenario, with each reason once", () => {
    const twice = { ...left, fault: FORWARD_OFF, detail: "exit 1: busy" };
    const both = [...changed(stuck, "node-state", { differences: [ROUTE] }), twice];
    const undo = `${FORWARD} on A could not be undone: exit 1: busy`;
    expect(taintedNodes(both)).to.deep.equal([
      { ...taint, why: `${undo}; ${ROUTE}` },
      { ...taint, node: "B", why: ROUTE },
    ]);
  });

  it("returns both nodes if a damaged log lacks the node of the fault", () => {
    const torn = without(stuck, ({ type }) => type === "injected");
    expect(taintedNodes(torn).map(({ node, why }) => `${node} ${why}`)).to.deep.equal([
      "A a fault could not be undone: exit 1: busy",
      "B a fault could not be undone: exit 1: busy",
    ]);
  });

  it("returns a tainted node wherever the log was cut after the taint", () => {
    const log = cellLog(dirty("A", [ROUTE]), scenarioLog({ scenario: "b/later" }));
    const at = log.findIndex((event) => event.type === "node-state");
    const found = (length: number) => taintedNodes(log.slice(0, length)).length === 1;
    fc.assert(fc.property(fc.nat(log.length), (length) => found(length) === length > at));
  });
});

describe("a run with a tainted node", () => {
  const record = { runId: "r", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 5, command: [], facts: {} };
  const words = { title: "a title", claim: "a claim", documented: [] };
  const ids = ["nodes/ip-forward", "services/later"];
  const planned = (mode: Mode): Event => {
    return { atMs: 0, type: "planned", mode, scenarios: ids.map((id) => ({ id, ...words })) };
  };

  it("names the node in the report of its cell only", () => {
    const { cells } = judgeRun({ ...record, logs: [cellLog(ok), cellLog([NODES], dirty("A", [ROUTE]))] });
    expect(cells.map((cell) => cell.tainted)).to.deep.equal([[], [{ ...taint, container: "x-worker", why: ROUTE }]]);
    expect(cells[1]?.failure, "it finished its suites").to.equal(null);
  });

  it("makes scenarios that did not run unknown, with the taint as the reason, in every mode", () => {
    const log = cellLog([planned("no-fault")], dirty("A", [ROUTE], "no-fault"), [planned("swapped")]);
    const reason = `not run: node A tainted by nodes/ip-forward: ${ROUTE}`;
    expect(judgeLog(log).slice(1)).to.deep.equal(
      judgeLog(log)
        .slice(1)
        .map((one) => ({ ...one, verdict: "unknown", reason })),
    );
    expect(judgeLog(log).map(({ scenario, mode }) => `${scenario} ${mode}`)).to.deep.equal([
      "nodes/ip-forward no-fault",
      "services/later no-fault",
      "nodes/ip-forward swapped",
      "services/later swapped",
    ]);
  });

  it("lists the replacement cluster, and gives each scenario one result on the cluster that ran it", () => {
    const on = (name: string, log: readonly Event[]) =>
      log.map((event) => (event.type === "cluster-started" ? { ...event, name } : event));
    const rest: Event = {
      atMs: 0,
      type: "planned",
      mode: "as-claimed",
      scenarios: [{ id: "services/later", ...words }],
    };
    const first = on("x", cellLog([NODES, planned("as-claimed")], dirty("A", [ROUTE])));
    const second = on("y", cellLog([rest], scenarioLog({ scenario: "services/later" })));
    const judged = judgeLog([...first, ...second]);
    expect(judged.map(({ scenario, verdict, cluster }) => `${scenario} ${verdict} ${cluster}`)).to.deep.equal([
      "nodes/ip-forward fail x",
      "services/later pass y",
    ]);
    const [cell] = judgeRun({ ...record, logs: [[...first, ...second]] }).cells;
    expect(cell?.clusters).to.deep.equal([
      { name: "x", replacedBecause: `node A tainted by nodes/ip-forward: ${ROUTE}` },
      { name: "y", replacedBecause: null },
    ]);
    expect(
      cell?.tainted.map(({ container }) => container),
      "the container of the first cluster",
    ).to.deep.equal(["x-worker"]);
    expect(cell?.failure).to.equal(null);
    const torn = judgeRun({ ...record, logs: [[...first, ...second.slice(0, 2)]] });
    expect(torn.cells[0]?.failure?.message, "the second cluster did not finish").to.match(/ends before the suites/);
    expect(judgeLog([...first, ...on("y", cellLog([rest]))]).map(({ verdict }) => verdict)).to.deep.equal([
      "fail",
      "unknown",
    ]);
  });

  it("judges hand-written tests by their last cluster", () => {
    const test = { atMs: 0, type: "test", mode: "as-claimed", title: "t", message: "no", suite: "b/tests" } as const;
    const log = [
      ...cellLog(dirty("A", [ROUTE]), [{ ...test, passed: false }]),
      ...cellLog([{ ...test, passed: true }]),
    ];
    expect(judgeLog(log).find(({ scenario }) => scenario === "b/tests")?.verdict).to.equal("pass");
    const failed = [...cellLog(dirty("A", [ROUTE])), ...cellLog([{ ...test, passed: false }])];
    expect(
      judgeLog(failed).find(({ scenario }) => scenario === "b/tests")?.verdict,
      "the last cluster has no taint",
    ).to.equal("fail");
  });

  it("fails the scenario whose fault stayed in force, even if only the undo after the suites failed", () => {
    const killed = without(ok, ({ type }) => ["healed", "recovered", "node-state", "scenario-finished"].includes(type));
    expect(judgeScenario("a/cell", killed).verdict).to.equal("unknown");
    const { verdict, reason } = judgeScenario("a/cell", [...killed, left]);
    expect(`${verdict} ${reason}`).to.match(/^fail sysctl .* could not be undone: node could not be asked$/);
  });

  it("makes a hand-written test unknown that fails after the taint, but not one that failed before", () => {
    const test = { atMs: 0, type: "test", mode: "as-claimed", title: "t", passed: false, message: "no" } as const;
    const log = cellLog([{ ...test, suite: "a/before" }], dirty("A", [ROUTE]), [{ ...test, suite: "b/after" }]);
    const verdicts = judgeLog(log).map(({ scenario, verdict }) => `${scenario} ${verdict}`);
    expect(verdicts).to.include.members(["a/before fail", "b/after unknown"]);
  });
});
