import { expect } from "chai";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { whyCommand } from "../../../../cli/commands/why.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import { renderWhy } from "../../../../reports/why.ts";
import { recorded } from "../../lib/why/recorded.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/why/", import.meta.url));

describe("./faultline why", () => {
  let run = "";
  let log = "";

  beforeEach(() => {
    run = mkdtempSync(join(tmpdir(), "fl-why-"));
    const cell = join(run, "cells", "one");
    mkdirSync(join(cell, "evidence"), { recursive: true });
    writeFileSync(join(run, "run.json"), "{}");
    log = join(cell, "events.ndjson");
    writeFileSync(log, "");
    for (const name of ["ip-forward", "vxlan-port-blocked"]) {
      cpSync(join(FIXTURES, name), join(cell, "evidence", name), { recursive: true });
      const scenario = `x/${name}`;
      say({ type: "scenario-started", scenario, mode: "as-claimed" });
      say({ type: "round", phase: "fault", scenario, observations: recorded(name).observations });
      say({ type: "round", phase: "recovery", scenario, observations: [] });
      say({ type: "evidence", scenario, dir: `evidence/${name}` });
    }
  });
  afterEach(() => rmSync(run, { recursive: true, force: true }));

  const say = (event: object): void => appendFileSync(log, `${JSON.stringify({ atMs: 0, ...event })}\n`);

  /** What it prints. */
  function why(scenario?: string): string {
    let printed = "";
    expect(whyCommand(run, scenario, (text) => (printed += text))).to.equal(0);
    return printed;
  }

  it("explains each scenario from its evidence", () => {
    const printed = why();
    expect(printed).to.include("x/ip-forward, unknown cell\n  other → server by podIP: connect-timeout ×2\n");
    expect(printed).to.include("  1. proven: net.ipv4.ip_forward is 0 on A (baseline 1)");
    expect(printed).to.include("  1. proven: the overlay's UDP port 8472 is blocked on A");
    expect(printed).to.include("     more      docs/failure-modes/ip-forward.md");
  });

  it("takes a scenario or a folder of them, and knows no other", () => {
    expect(why("x/ip-forward")).not.to.include("x/vxlan-port-blocked");
    expect(why("x")).to.include("x/vxlan-port-blocked");
    expect(() => why("x/ip")).to.throw(UsageError, /^scenario "x\/ip" is not in run/);
  });

  it("says what it lacks: evidence that was not kept, or is gone, no probes, a damaged log", () => {
    const observations = recorded("ip-forward").observations;
    say({ type: "scenario-started", scenario: "y/none", mode: "swapped" });
    say({ type: "round", phase: "fault", scenario: "y/none", observations });
    say({ type: "evidence", scenario: "y/none", dir: null });
    say({ type: "scenario-started", scenario: "y/gone", mode: "as-claimed" });
    say({ type: "round", phase: "fault", scenario: "y/gone", observations });
    say({ type: "evidence", scenario: "y/gone", dir: "evidence/gone" });
    say({ type: "scenario-started", scenario: "y/unprobed", mode: "as-claimed" });
    expect(why("y/none")).to.include("y/none (swapped), unknown cell\n  no evidence was kept");
    expect(why("y/gone")).to.include("no explanation found").and.include("lacking: no evidence: ");
    expect(why("y/unprobed")).to.include("nothing was probed under the fault");
    writeFileSync(log, "{\n{}\n");
    expect(why()).to.include("its log cannot be read");
  });
});

describe("the report of explanations", () => {
  it("shows no control character of what a log or a rule's comment says", () => {
    const bad = "evil\u001b[2Jtext\u202e\nnext";
    const one = { cause: bad, paths: [bad], confidence: "likely", evidence: [bad], fix: bad, more: bad } as const;
    const shown = renderWhy([
      { scenario: bad, cell: bad, mode: bad, failed: [bad], explanations: [one], trouble: null },
    ]);
    expect(shown).not.to.match(/[\u001b\u202e]/);
    expect(shown.split("\n")).to.have.length(8);
  });
});
