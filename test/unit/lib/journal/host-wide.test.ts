import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { FoundAgain } from "../../../../lib/faults/run/find-again.ts";
import { injectFault } from "../../../../lib/faults/run/inject.ts";
import { validateFault } from "../../../../lib/faults/registry.ts";
import { GuardError } from "../../../../lib/faults/contract/refused.ts";
import { healRun } from "../../../../lib/journal/heal.ts";
import { openJournal, type JournalFile } from "../../../../lib/journal/journal.ts";
import { fakeNode, sysctlOnA, type FakeNode } from "../../../fixtures/faults/fake-node.ts";
import { USUAL_HOST } from "../../../fixtures/usual-host.ts";

const HOST_WIDE = sysctlOnA("net.netfilter.nf_conntrack_max", "1000");
const PATH = "net/netfilter/nf_conntrack_max";
const reach = { allowHostWide: true };

describe("a fault that reaches the whole machine", () => {
  const dir = mkdtempSync(join(tmpdir(), "faultline-host-wide-"));
  let node: FakeNode;
  let journal: JournalFile;
  let runs = 0;
  beforeEach(() => {
    node = fakeNode();
    journal = openJournal(join(dir, String((runs += 1)), "journal.ndjson"));
  });
  afterEach(() => journal[Symbol.dispose]());
  after(() => rmSync(dir, { recursive: true }));

  it("is refused, unless it is allowed; nothing else is allowed by that", () => {
    expect(() => validateFault(HOST_WIDE))
      .to.throw(GuardError, "whole machine's")
      .with.property("nextStep")
      .that.includes("--allow-host-wide");
    expect(() => validateFault(HOST_WIDE, reach)).to.not.throw();
    for (const key of ["kernel.panic", "net.//.//.kernel.panic", "net.ipv6.conf.all.disable_ipv6"])
      expect(() => validateFault(sysctlOnA(key, "1"), reach), key).to.throw(GuardError);
  });

  it("is journaled and undone like any other", async () => {
    node.values.set(PATH, "262144");
    const injected = await injectFault({ target: node.target, nodeFault: HOST_WIDE, journal, reach });
    expect(node.values.get(PATH)).to.equal("1000");
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(node.values.get(PATH)).to.equal("262144");
  });

  /** What heal makes of it when its node has come to this end, on this or on a later boot of the machine. */
  async function healedAs(fate: FoundAgain["status"], sameBoot: boolean) {
    node.values.set(PATH, "262144");
    await injectFault({ target: node.target, nodeFault: HOST_WIDE, journal, reach });
    const found = { status: fate, target: node.target, why: `it was ${fate}` } as FoundAgain;
    const bootId = sameBoot ? node.target.identity.bootId : "00000000-0000-0000-0000-000000000000";
    const { ok, outcomes } = await healRun(journal.path, {
      host: USUAL_HOST,
      makeTarget: () => Promise.resolve(found),
      bootId,
    });
    return { ok, outcome: outcomes[0]?.outcome, detail: outcomes[0]?.detail ?? "", value: node.values.get(PATH) };
  }

  it("is undone through a node that was restarted, since it did not die with it", async () => {
    expect(await healedAs("restarted", true)).to.include({ ok: true, outcome: "undone", value: "262144" });
  });

  it("is told as not undone when its node is deleted", async () => {
    const healed = await healedAs("deleted", true);
    expect(healed).to.include({ ok: false, outcome: "failed" });
    expect(healed.detail).to.include("whole machine's");
  });

  it("is gone with the machine's boot", async () => {
    expect(await healedAs("deleted", false)).to.include({ ok: true, outcome: "gone" });
  });
});
