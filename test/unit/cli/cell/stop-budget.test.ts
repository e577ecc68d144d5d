import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopBudgetOf } from "../../../../cli/cell/stop-budget.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";
import { openJournal } from "../../../../lib/journal/journal.ts";
import { containerIdentity } from "../../../fixtures/faults/fake-node.ts";

describe("the time that a stopped cell's process has", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-stop-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Returns a journal with faults in force, and one that is undone. */
  function journalWith(inForce: number): string {
    using journal = openJournal(join(dir, "journal.ndjson"));
    for (let index = 0; index <= inForce; index += 1) {
      const fault = { kind: "sysctl", key: "net.ipv4.ip_forward", value: String(index) } as const;
      const faultId = `fault${index}`;
      const nodeFault = { node: "A", fault } as const;
      journal.append({ faultId, state: "intent", nodeFault, prior: "1", target: containerIdentity("node-a") });
      journal.append({ faultId, state: "verified", detail: "" });
    }
    journal.append({ faultId: "fault0", state: "undo-verified", detail: "" });
    return journal.path;
  }

  it("grows with each fault in force, and names them", () => {
    const { budgetMs, what } = stopBudgetOf(journalWith(2), USUAL_SPEED);
    expect(budgetMs).to.equal(30_000);
    expect(what).to.match(/^the suites' process to undo 2 faults: .*ip_forward.*2.*; .*ip_forward.*1/);
    expect(what).to.not.match(/ip_forward\D+0\b/);
  });

  it("is multiplied by the time scale", () => {
    expect(stopBudgetOf(journalWith(1), { factor: 6 }).budgetMs).to.equal(150_000);
  });

  it("is 20 s where no fault is in force, and where no journal can be read", () => {
    const none = { budgetMs: 20_000, what: "the suites' process to end; no fault is in force" };
    expect(stopBudgetOf(join(dir, "none.ndjson"), USUAL_SPEED)).to.deep.equal(none);
    writeFileSync(join(dir, "other.ndjson"), "no journal\n");
    expect(stopBudgetOf(join(dir, "other.ndjson"), USUAL_SPEED)).to.deep.equal(none);
    expect(stopBudgetOf(dir, USUAL_SPEED)).to.deep.equal(none);
  });
});
