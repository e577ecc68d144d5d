import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stillNotUndone } from "../../../../cli/cell/not-undone.ts";
import { suiteHost } from "../../../../cli/cell/suite-host.ts";
import type { ScenarioContext } from "../../../../lib/engine/run-scenario.ts";
import type { Event } from "../../../../lib/events/event.ts";
import type { NewEvent } from "../../../../lib/events/event-log.ts";
import type { HealOutcome } from "../../../../lib/journal/heal.ts";
import type { NewEntry } from "../../../../lib/faults/run/journal.ts";
import { openJournal, type JournalFile } from "../../../../lib/journal/journal.ts";
import type { Scenario } from "../../../../lib/scenario/spec.ts";
import { containerIdentity } from "../../../fixtures/faults/fake-node.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { changed, FORWARD_OFF, scenarioLog, without } from "../../sample-log.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const intent = (faultId: string): NewEntry => ({
  faultId,
  state: "intent",
  nodeFault: FORWARD_OFF,
  prior: { value: "1", alongside: [] },
  target: containerIdentity("x-worker"),
});
const differences = ["route new: blackhole 198.51.100.0/24"];
const scenarioOf = (id: string) => ({ id }) as Scenario;

describe("what a cell's suites run on", () => {
  let dir = "";
  let journal: JournalFile;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "faultline-context-"));
    journal = openJournal(join(dir, "journal.ndjson"));
  });
  afterEach(() => {
    journal[Symbol.dispose]();
    rmSync(dir, { recursive: true });
  });

  /** A cluster that nobody may touch, on which each scenario goes as its log says. */
  function contextWhere(logs: Readonly<Record<string, readonly Event[]>>) {
    const emitted: Event["type"][] = [];
    const ran: string[] = [];
    const refuse = () => {
      throw new Error("nobody may touch the cluster");
    };
    const cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: refuse, locate: refuse };
    const emit: ScenarioContext["emit"] = ({ type }) => void emitted.push(type);
    const context = suiteHost(
      { cluster, targets: {} as ScenarioContext["targets"], journal, emit },
      "as-claimed",
      (mine, { id }) => {
        ran.push(id);
        for (const event of logs[id] ?? []) mine.emit(event);
        return Promise.resolve();
      },
    );
    return { context, emitted, ran };
  }

  const thrownBy = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      await work();
      return "nothing thrown";
    } catch (error) {
      return (error as Error).message;
    }
  };

  for (const level of ["all", "none"] as const) {
    it(`tells what evidence is kept after the scenario's end (--evidence ${level})`, async () => {
      const events: NewEvent[] = [];
      const refuse = () => Promise.reject(new Error("nobody may touch the cluster"));
      const cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: () => refuse, locate: refuse };
      const suites = suiteHost(
        { cluster, targets: {} as ScenarioContext["targets"], journal, emit: (event) => void events.push(event) },
        "as-claimed",
        async (mine) => {
          await mine.evidence?.begin(WHERE);
          for (const event of scenarioLog({ scenario: "a/one" })) mine.emit(event);
        },
        { dir, level },
      );
      const { verdict } = await suites.run(scenarioOf("a/one"));
      expect(verdict).to.equal("pass");
      await suites.settled();
      const told = events.filter((event) => event.type === "evidence");
      if (level === "none") expect(told).to.be.empty;
      else {
        expect(told).to.have.length(1);
        expect(told[0]).to.deep.include({ scenario: "a/one", dir: "evidence/a-one", kept: "full", files: 3 });
        expect(told[0]?.trouble).to.include("capture on A: nobody may touch the cluster");
        expect(events.at(-1)).to.equal(told[0]);
      }
    });
  }

  it("notes an error of the log that evidence is told to, and goes on", async () => {
    const events: NewEvent[] = [];
    const refuse = () => Promise.reject(new Error("nobody may touch the cluster"));
    const cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: () => refuse, locate: refuse };
    const emit: ScenarioContext["emit"] = (event) => {
      if (event.type === "evidence") throw new Error("no space left");
      events.push(event);
    };
    const suites = suiteHost(
      { cluster, targets: {} as ScenarioContext["targets"], journal, emit },
      "as-claimed",
      (mine) => {
        for (const event of scenarioLog({ scenario: "a/one" })) mine.emit(event);
        return Promise.resolve();
      },
      { dir, level: "all" },
    );
    await suites.run(scenarioOf("a/one"));
    await suites.settled();
    expect(events).to.deep.include({ type: "note", text: "evidence: no space left" });
  });

  it("writes a scenario's evidence while the next runs, but before the same runs again", async () => {
    const told: string[] = [];
    const refuse = () => Promise.reject(new Error("nobody may touch the cluster"));
    const cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: () => refuse, locate: refuse };
    const suites = suiteHost(
      {
        cluster,
        targets: {} as ScenarioContext["targets"],
        journal,
        emit: (event) => {
          if (event.type === "evidence" || event.type === "scenario-started")
            told.push(`${event.type} ${event.scenario}`);
        },
      },
      "as-claimed",
      async (mine, { id }) => {
        await mine.evidence?.begin(WHERE);
        for (const event of scenarioLog({ scenario: id })) mine.emit(event);
      },
      { dir, level: "all" },
      2,
    );
    await suites.run(scenarioOf("a/one"));
    await suites.run(scenarioOf("b/two"));
    await suites.settled();
    const [first, second] = ["a/one", "b/two"].map((id) => [`scenario-started ${id}`, `evidence ${id}`]);
    expect(told.slice(0, 3)).to.deep.equal([...(first ?? []), first?.[0]]);
    expect(told.slice(-3)).to.deep.equal([...(second ?? []).slice(1), ...(second ?? [])]);
    expect(told).to.have.length(8);
  });

  for (const what of ["went as claimed", "left a node as it was not"] as const) {
    it(`asks for the state of after by how it ${what}`, async () => {
      const events: NewEvent[] = [];
      const refuse = () => Promise.reject(new Error("nobody may touch the cluster"));
      const cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: () => refuse, locate: refuse };
      const emit = (event: NewEvent) => void events.push(event);
      const whole = scenarioLog({ scenario: "a/one" });
      const log = what === "went as claimed" ? whole : changed(whole, "node-state", { differences });
      const run = async (mine: ScenarioContext) => {
        await mine.evidence?.begin(WHERE);
        for (const event of without(log, ({ type }) => type === "scenario-finished")) mine.emit(event);
        await mine.evidence?.mark("after");
        for (const event of log.filter(({ type }) => type === "scenario-finished")) mine.emit(event);
      };
      const context = { cluster, targets: {} as ScenarioContext["targets"], journal, emit };
      const suites = suiteHost(context, "as-claimed", run, { dir, level: "failures" });
      await suites.run(scenarioOf("a/one"));
      await suites.settled();
      const told = events.find((event) => event.type === "evidence");
      const asked = told?.trouble.some((line) => line.startsWith("state after"));
      expect(asked).to.equal(what !== "went as claimed");
    });
  }

  it("runs one scenario after another while nodes come back", async () => {
    const { context, ran } = contextWhere({ "a/one": scenarioLog(), "b/two": scenarioLog() });
    expect((await context.run(scenarioOf("a/one"))).verdict).to.equal("pass");
    expect((await context.run(scenarioOf("b/two"))).verdict).to.equal("pass");
    expect(ran).to.deep.equal(["a/one", "b/two"]);
  });

  const taints: readonly (readonly [string, readonly Event[], RegExp])[] = [
    [
      "its state differs",
      changed(scenarioLog(), "node-state", { differences }),
      /^not run: node A tainted by \S+: route new/,
    ],
    ["an undo failed", changed(scenarioLog(), "healed", { ok: false, detail: "busy" }), /could not be undone: busy$/],
  ];
  for (const [what, log, why] of taints) {
    it(`runs nothing more, and looks at nothing, once a node is tainted: ${what}`, async () => {
      const { context, ran } = contextWhere({ "a/one": log, "b/two": scenarioLog() });
      expect((await context.run(scenarioOf("a/one"))).verdict).to.equal("fail");
      expect(await thrownBy(() => context.run(scenarioOf("b/two")))).to.match(why);
      expect(await thrownBy(() => context.observe("same → server by podIP", 1))).to.match(why);
      expect(ran).to.deep.equal(["a/one"]);
    });
  }

  it("finds in the journal what failed before it was in force and could not be undone", async () => {
    journal.append(intent("f999"));
    journal.append({ faultId: "f999", state: "failed", detail: "exit 1: read-only" });
    const log = without(scenarioLog(), ({ type }) => ["injected", "read-back", "healed"].includes(type));
    const { context, emitted } = contextWhere({ "nodes/ip-forward": log });
    const { verdict, reason } = await context.run(scenarioOf("nodes/ip-forward"));
    expect(emitted).to.include("not-undone");
    expect(`${verdict}: ${reason}`).to.match(/^fail: sysctl .* on A could not be undone: exit 1: read-only$/);
    expect(await thrownBy(() => context.run(scenarioOf("b/two")))).to.match(/exit 1: read-only$/);
  });

  it("takes a fault that was undone, but not journaled so, for what it is: undone", async () => {
    journal.append(intent("f000"));
    const undone = changed(scenarioLog(), "healed", { faultId: "f000" });
    const { context, emitted } = contextWhere({ "a/one": undone, "b/two": scenarioLog() });
    expect((await context.run(scenarioOf("a/one"))).verdict).to.equal("pass");
    expect((await context.run(scenarioOf("b/two"))).verdict).to.equal("pass");
    expect(emitted).not.to.include("not-undone");
  });
});

describe("what could not be undone after the suites either", () => {
  const outcome = (faultId: string, word: HealOutcome["outcome"]): HealOutcome => {
    const words = { nodeFault: FORWARD_OFF, target: "x-worker", detail: "busy", wouldUndo: null, durationMs: 1 };
    return { faultId, outcome: word, ...words };
  };
  const later = scenarioLog({ scenario: "b/later" }).slice(0, 1);

  it("belongs to the scenario that injected it, or else to the last that began", () => {
    const events = [...scenarioLog(), ...later];
    const failed = [outcome("f0", "failed"), outcome("f7", "failed")];
    expect(stillNotUndone(failed, events).map((event) => `${event.scenario} ${event.faultId}`)).to.deep.equal([
      "nodes/ip-forward f0",
      "b/later f7",
    ]);
  });

  it("is nothing where all was undone, and where the log lacks every scenario", () => {
    const all = ["undone", "nothing-to-undo", "changed-by-other", "gone"] as const;
    expect(
      stillNotUndone(
        all.map((word) => outcome("f0", word)),
        scenarioLog(),
      ),
    ).to.deep.equal([]);
    expect(stillNotUndone([outcome("f0", "failed")], [])).to.deep.equal([]);
  });
});
