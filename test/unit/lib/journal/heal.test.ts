import { expect } from "chai";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FoundAgain } from "../../../../lib/faults/run/find-again.ts";
import { injectFault } from "../../../../lib/faults/run/inject.ts";
import { healRun, type HealOptions } from "../../../../lib/journal/heal.ts";
import { openJournal, type JournalFile } from "../../../../lib/journal/journal.ts";
import { faultsIn, readJournal } from "../../../../lib/journal/read.ts";
import { containerIdentity, fakeNode, sysctlOnA, type FakeNode } from "../../../fixtures/faults/fake-node.ts";
import { USUAL_HOST } from "../../../fixtures/usual-host.ts";

const KEYS = ["net.ipv4.ip_forward", "net.ipv4.tcp_ecn", "net.ipv4.tcp_sack", "net.bridge.bridge-nf-call-iptables"];
const pathOf = (key: string) => key.replaceAll(".", "/");

describe("heal", () => {
  const dir = mkdtempSync(join(tmpdir(), "faultline-heal-"));
  let journal: JournalFile;
  let runs = 0;
  beforeEach(() => {
    journal = openJournal(join(dir, String((runs += 1)), "journal.ndjson"));
  });
  afterEach(() => journal[Symbol.dispose]());
  after(() => rmSync(dir, { recursive: true }));

  const breakAll = async (node: FakeNode, keys = KEYS) => {
    for (const key of keys) await injectFault({ target: node.target, nodeFault: sysctlOnA(key, "0"), journal });
    node.ran.length = 0;
  };
  const same =
    (node: FakeNode): NonNullable<HealOptions["makeTarget"]> =>
    () =>
      Promise.resolve({ status: "same", target: node.target });

  it("undoes newest first and verifies each before the next", async () => {
    const node = fakeNode();
    await breakAll(node, KEYS.slice(0, 2));
    expect(await healRun(journal.path, { host: USUAL_HOST, makeTarget: same(node) })).to.include({ ok: true });
    const newestFirst = ["net/ipv4/tcp_ecn", "net/ipv4/ip_forward"].flatMap((path) => [
      `undo ${path}`,
      `verify ${path}`,
    ]);
    expect(node.ran).to.deep.equal(newestFirst);
    expect([...node.values.values()]).to.deep.equal(["1", "1"]);
  });

  it("goes on after an undo that fails, names it, and succeeds later", async () => {
    const node = fakeNode();
    await breakAll(node);
    node.failing.add("undo net/ipv4/tcp_sack");
    const report = await healRun(journal.path, { host: USUAL_HOST, makeTarget: same(node) });
    expect(report.ok).to.equal(false);
    expect(report.outcomes.map(({ outcome }) => outcome)).to.deep.equal(["undone", "failed", "undone", "undone"]);
    expect(report.outcomes[1]?.detail).to.match(/^exit 1: made to fail/);
    node.failing.clear();
    const later = await healRun(journal.path, { host: USUAL_HOST, makeTarget: same(node) });
    expect(later.ok).to.equal(true);
    expect(later.outcomes.map(({ outcome }) => outcome)).to.deep.equal(["undone"]);
  });

  it("fails when the node still shows the fault after its undo", async () => {
    const node = fakeNode();
    await breakAll(node, ["net.ipv4.ip_forward"]);
    const deaf: FakeNode = {
      ...node,
      target: {
        ...node.target,
        exec: async (argv, options) => {
          const done = await node.target.exec(argv, options);
          return { ...done, stdout: done.stdout.replace("verify clean", "verify still-in-force 0") };
        },
      },
    };
    const report = await healRun(journal.path, { host: USUAL_HOST, makeTarget: same(deaf) });
    expect(report).to.deep.include({ ok: false });
    expect(report.outcomes[0]).to.include({ outcome: "failed", detail: "still-in-force 0" });
  });

  const FATES: readonly { readonly fate: FoundAgain["status"]; readonly outcome: string; readonly ok: boolean }[] = [
    { fate: "restarted", outcome: "gone", ok: true },
    { fate: "stopped", outcome: "gone", ok: true },
    { fate: "deleted", outcome: "gone", ok: true },
  ];
  for (const { fate, outcome, ok } of FATES) {
    it(`closes a fault as gone with a container that was ${fate}, and sends nothing`, async () => {
      const node = fakeNode();
      await breakAll(node, ["net.ipv4.ip_forward"]);
      const found = { status: fate, why: "test", target: node.target } as FoundAgain;
      const report = await healRun(journal.path, { host: USUAL_HOST, makeTarget: () => Promise.resolve(found) });
      expect(report.ok).to.equal(ok);
      expect(report.outcomes[0]).to.include({ outcome, detail: "test" });
      expect(node.ran).to.deep.equal([]);
      expect(faultsIn(readJournal(journal.path))[0]).to.include({ state: "gone" });
    });
  }

  it("keeps a Service's selector open while the control plane is stopped: it is not gone with a namespace", async () => {
    const nodeFault = {
      node: "control-plane",
      fault: { kind: "selector", namespace: "n", service: "s", selector: { a: "b" } },
    } as const;
    const prior = { selector: { app: "server" } };
    journal.append({ faultId: "select", state: "intent", nodeFault, prior, target: containerIdentity("cp") });
    const stopped: FoundAgain = { status: "stopped", why: "container cp is stopped" };
    const report = await healRun(journal.path, { host: USUAL_HOST, makeTarget: () => Promise.resolve(stopped) });
    expect(report.outcomes[0]).to.include({ outcome: "failed" });
  });

  it("does not take a Docker that does not answer for a node that is gone", async () => {
    const node = fakeNode();
    await breakAll(node, ["net.ipv4.ip_forward"]);
    const makeTarget = () => Promise.reject(new Error("cannot connect to the Docker daemon"));
    const report = await healRun(journal.path, { host: USUAL_HOST, makeTarget });
    expect(report.outcomes[0]).to.include({ outcome: "failed" });
    expect(faultsIn(readJournal(journal.path))[0]).to.include({ state: "verified" });
  });

  it("is not content with a damaged journal", async () => {
    writeFileSync(journal.path, '{"v":1,"crc":"00000000"}\n');
    expect(await healRun(journal.path, { host: USUAL_HOST })).to.deep.equal({
      ok: false,
      outcomes: [],
      problems: ["journal line 1 is damaged: its checksum is wrong"],
    });
  });

  it("tells each outcome as it comes", async () => {
    const node = fakeNode();
    await breakAll(node);
    const told: string[] = [];
    await healRun(journal.path, {
      host: USUAL_HOST,
      makeTarget: same(node),
      onProgress: ({ nodeFault }) => told.push(nodeFault.node),
    });
    expect(told).to.have.length(KEYS.length);
  });

  it("twice is as once, whatever was injected and whoever had begun to undo it (property)", async () => {
    const step = fc.record({ key: fc.constantFrom(...KEYS), healed: fc.boolean(), failing: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        using own = openJournal(join(dir, String((runs += 1)), "journal.ndjson"));
        const node = fakeNode();
        for (const [index, { key, healed, failing }] of steps.entries()) {
          // A value that is there already would be refused.
          const nodeFault = sysctlOnA(key, String(index + 2));
          const one = await injectFault({ target: node.target, nodeFault, journal: own });
          if (failing) node.failing.add(`undo ${pathOf(key)}`);
          if (healed) await one.heal();
          node.failing.clear();
        }
        expect((await healRun(own.path, { host: USUAL_HOST, makeTarget: same(node) })).ok).to.equal(true);
        expect([...node.values.values()].every((value) => value === "1")).to.equal(true);
        expect((await healRun(own.path, { host: USUAL_HOST, makeTarget: same(node) })).outcomes).to.deep.equal([]);
      }),
      { numRuns: 100 },
    );
  }).timeout(60_000);
});
