import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NotUndoneError } from "../../../../lib/host/errors.ts";
import { judgeLog } from "../../../../lib/verdict/run.ts";
import { fakeCell, SUITES, suitesGo, taints, type FakeCell, type OnCluster } from "../../../fixtures/cli/fake-cell.ts";
import { RECORD } from "../../sample-cluster.ts";
import { BROKEN, flows, scenarioLog } from "../../sample-log.ts";

const [FIRST, SECOND, THIRD] = ["faultline-031500k3x90", "faultline-031500k3x91", "faultline-031500k3x92"];

const verdicts = (fake: FakeCell) => judgeLog(fake.log()).map(({ scenario, verdict }) => `${scenario} ${verdict}`);
const notes = (fake: FakeCell) => fake.log().flatMap((event) => (event.type === "note" ? [event.text] : []));
const clusters = (fake: FakeCell) => fake.used.map(([cluster]) => cluster);

describe("a cell on its clusters", () => {
  it("a cell is run on one cluster, which is then deleted and given up", async () => {
    using fake = fakeCell();
    expect(await fake.run([suitesGo()])).to.deep.equal({ notUndone: 0, preflight: false });
    expect(fake.used).to.deep.equal([[FIRST, ...SUITES]]);
    expect(fake.deleted).to.deep.equal([FIRST]);
    expect(fake.leased()).to.deep.equal([]);
    expect(verdicts(fake)).to.deep.equal(SUITES.map((suite) => `${suite} pass`));
    expect([fake.log()[0]?.type, fake.log().at(-1)?.type]).to.deep.equal(["cell-started", "cell-finished"]);
  });

  it("a cluster is leased while it is used", async () => {
    using fake = fakeCell();
    const leased: (readonly string[])[] = [];
    await fake.run([() => Promise.resolve(void leased.push(fake.leased()))]);
    expect(leased).to.deep.equal([[FIRST]]);
  });
});

describe("a cell whose cluster is tainted", () => {
  it("a tainted cluster is replaced by another, which runs what the first left", async () => {
    using fake = fakeCell();
    expect(await fake.run([suitesGo({ [SUITES[0]]: taints })])).to.deep.equal({ notUndone: 0, preflight: false });
    expect(fake.used).to.deep.equal([
      [FIRST, ...SUITES],
      [SECOND, ...SUITES.slice(1)],
    ]);
    expect(fake.deleted).to.deep.equal([FIRST, SECOND]);
    expect(notes(fake)).to.deep.equal([`2 suites that a tainted cluster left go on on a new one, ${SECOND}`]);
    expect(verdicts(fake)).to.deep.equal([`${SUITES[0]} fail`, `${SUITES[1]} pass`, `${SUITES[2]} pass`]);
    expect(fake.leased()).to.deep.equal([]);
  });

  it("a cluster that its last suite tainted has no successor", async () => {
    using fake = fakeCell();
    await fake.run([suitesGo({ [SUITES[2]]: taints })]);
    expect(clusters(fake)).to.deep.equal([FIRST]);
  });

  it("a third tainted cluster is the last, and what it left is undecided", async () => {
    using fake = fakeCell();
    const each = [...SUITES, "d/fourth"];
    const scripts = each.map((suite) => suitesGo({ [suite]: taints }));
    await fake.run(scripts, { work: { files: each.map((id) => `/x/suites/${id}.ts`) } });
    expect(clusters(fake)).to.deep.equal([FIRST, SECOND, THIRD]);
    expect(verdicts(fake)).to.deep.equal([...SUITES.map((suite) => `${suite} fail`), "d/fourth unknown"]);
  });

  it("a tainted cluster that is kept is marked, so that no later run uses it", async () => {
    using fake = fakeCell();
    await fake.run([suitesGo({ [SUITES[0]]: taints })], { keep: "failure" });
    expect(fake.deleted).to.deep.equal([SECOND]);
    expect(fake.kept()).to.deep.equal([`${FIRST}: tainted, so --cluster refuses it; delete it with ./faultline gc`]);
    const mark: unknown = JSON.parse(readFileSync(join(fake.dir, "tainted.json"), "utf8"));
    expect(mark).to.have.nested.property("tainted[0].node", "A");
  });

  it("a tainted cluster of an earlier run is neither replaced nor deleted", async () => {
    using fake = fakeCell();
    await fake.run([suitesGo({ [SUITES[0]]: taints })], { work: { reuse: RECORD } });
    expect(clusters(fake)).to.deep.equal([RECORD.name]);
    expect(fake.deleted).to.deep.equal([]);
  });

  const notUndone: OnCluster = async (job, emit) => {
    await suitesGo({ [SUITES[0]]: taints })(job, emit);
    throw new NotUndoneError("1 faults could not be undone");
  };

  it("a cluster with a fault that could not be undone is replaced, and the fault is counted", async () => {
    using fake = fakeCell();
    expect(await fake.run([notUndone])).to.deep.equal({ notUndone: 1, preflight: false });
    expect(clusters(fake)).to.deep.equal([FIRST, SECOND]);
  });

  it("a fault beyond the nodes that could not be undone ends the cell", async () => {
    using fake = fakeCell();
    await fake.run([notUndone], { allowHostWide: true });
    expect(clusters(fake)).to.deep.equal([FIRST]);
  });
});

describe("a cell whose cluster is kept", () => {
  const fails = suitesGo({
    [SUITES[1]]: (suite) => scenarioLog({ scenario: suite, underFault: flows(BROKEN, "ok", 3) }),
  });

  it("a cluster is kept always where that is asked for, and how to use it is said", async () => {
    using fake = fakeCell();
    await fake.run([suitesGo()], { keep: "always" });
    expect(fake.deleted).to.deep.equal([]);
    expect(fake.kept()).to.deep.equal([`${FIRST}: use it with --cluster ${FIRST}; delete it with ./faultline gc`]);
    expect(fake.leased(), "a kept cluster is free for the next run").to.deep.equal([]);
  });

  it("a cluster is kept on failure where a scenario failed, and deleted where all passed", async () => {
    using failed = fakeCell();
    await failed.run([fails], { keep: "failure" });
    expect(failed.deleted).to.deep.equal([]);
    using passed = fakeCell();
    await passed.run([suitesGo()], { keep: "failure" });
    expect(passed.deleted).to.deep.equal([FIRST]);
  });

  it("a cluster whose scenario failed is deleted where nothing is to be kept", async () => {
    using fake = fakeCell();
    await fake.run([fails]);
    expect(fake.deleted).to.deep.equal([FIRST]);
  });

  it("a cluster of an earlier run stays, whatever is asked for", async () => {
    using fake = fakeCell();
    await fake.run([suitesGo()], { work: { reuse: RECORD } });
    expect(fake.deleted).to.deep.equal([]);
    expect(fake.leased()).to.deep.equal([]);
  });
});
