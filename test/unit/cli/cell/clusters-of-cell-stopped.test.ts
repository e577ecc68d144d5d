import { expect } from "chai";
import type { CellTools } from "../../../../cli/cell/clusters-of-cell.ts";
import { DEFAULT_CELL } from "../../../../clusters/cells/cells.ts";
import { createCluster } from "../../../../clusters/create/create.ts";
import { deleteCluster } from "../../../../clusters/create/delete.ts";
import { PreflightError } from "../../../../lib/host/errors.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";
import { fakeCell, SUITES, suitesGo, taints, type FakeCell, type OnCluster } from "../../../fixtures/cli/fake-cell.ts";
import { fakeMachine } from "../../../fixtures/clusters/fake-machine.ts";
import { fakeContext } from "../../clusters/setup/fake-context.ts";

const FIRST = "faultline-031500k3x90";

const notes = (fake: FakeCell) => fake.log().flatMap((event) => (event.type === "note" ? [event.text] : []));
const log = (fake: FakeCell) =>
  fake.log().map((event) => ("stage" in event ? `${event.type} ${event.stage}` : event.type));

/** Makes the cluster as a run does, on this machine in memory. */
const madeOn = ({ making }: ReturnType<typeof fakeMachine>): OnCluster => {
  return async (job, emit) => {
    const order = {
      ...job,
      name: job.clusterName,
      nodes: 2,
      image: await job.image(),
      emit,
    } as const;
    await createCluster(order, making);
  };
};

describe("a cell whose cluster cannot be made", () => {
  for (const [step, stage] of [
    ["docker network create", "cluster"],
    ["kind create cluster", "cluster"],
    ["apply manifest", "cni"],
    ["until roles", "roles"],
  ] as const) {
    it(`a cluster whose boot fails at "${step}" is deleted, and the report names the stage ${stage}`, async () => {
      using fake = fakeCell();
      const machine = fakeMachine();
      machine.failing.set(step, "made to fail");
      const remove = (name: string) => deleteCluster(name, machine.deleting);
      await fake.run([madeOn(machine)], { tools: { deleteCluster: remove } });
      expect(machine.left()).to.deep.equal([]);
      expect(log(fake).slice(-5)).to.deep.equal([
        ...[`stage-failed ${stage}`, "note", "stage-started delete", "stage-done delete", "cell-finished"],
      ]);
      const { cells } = judgeRun({
        runId: "r",
        startedAt: "2026-12-01T03:15:00.000Z",
        durationMs: 1,
        command: [],
        facts: {},
        logs: [fake.log()],
      });
      expect(cells[0]?.failure?.stage).to.equal(stage);
      expect(cells[0]?.failure?.message).to.include("made to fail");
      expect(fake.used, "no second cluster is made").to.have.length(1);
    });
  }

  it("a cluster that was not made to its end is kept to look at where that is asked for", async () => {
    using fake = fakeCell();
    const machine = fakeMachine();
    machine.failing.set("until roles", "made to fail");
    await fake.run([madeOn(machine)], { keep: "failure" });
    expect(machine.left()).to.include(`${FIRST}-control-plane`);
    expect(fake.kept()).to.have.length(1);
    expect(fake.kept()[0]).to.include("not made to its end, so of no use but to look at");
  });

  it("a machine that lacks something for the node image fails the preflight, in the stage node-image", async () => {
    using fake = fakeCell();
    const ensureNodeImage = () => Promise.reject(new PreflightError("no debootstrap", "apt-get install debootstrap"));
    const end = await fake.run([madeOn(fakeMachine())], { tools: { ensureNodeImage } });
    expect(end).to.deep.equal({ notUndone: 0, preflight: true });
    expect(log(fake)).to.include("stage-failed node-image");
    expect(notes(fake)[0]).to.equal("stopped: no debootstrap\napt-get install debootstrap");
  });

  it("a cluster that another run uses is neither run on, nor deleted, nor given up", async () => {
    using fake = fakeCell();
    let leased: readonly string[] = [];
    const meanwhile: OnCluster = async () => {
      await fake.run([]);
      leased = fake.leased();
      expect(fake.deleted).to.deep.equal([]);
    };
    await fake.run([meanwhile]);
    expect(leased).to.deep.equal([FIRST]);
    expect(notes(fake)[0]).to.include(`cluster "${FIRST}" is in use by another run`);
    expect(fake.used).to.have.length(1);
  });

  it("a cell without kind makes no cluster, and says what to run", async () => {
    using fake = fakeCell();
    await fake.run([], {
      tools: { context: fakeContext({ cacheDir: "/nowhere", answers: { "/": { exitCode: 127 } } }) },
    });
    expect(notes(fake)).to.deep.equal(["stopped: kind is gone since set-up; run ./faultline doctor"]);
    expect(fake.used).to.deep.equal([]);
    expect(fake.deleted).to.deep.equal([]);
  });

  it("a cluster that cannot be deleted is named with the command that deletes it", async () => {
    using fake = fakeCell();
    const remove = () => Promise.reject(new Error("docker is gone"));
    await fake.run([suitesGo()], { tools: { deleteCluster: remove } });
    expect(notes(fake)).to.deep.equal([`cluster ${FIRST} not deleted: docker is gone; run ./faultline gc`]);
    expect(log(fake).slice(-3)).to.deep.equal(["stage-failed delete", "note", "cell-finished"]);
  });
});

describe("a cell that is told to stop", () => {
  for (const step of ["docker network create", "kind create cluster", "until CNI flannel", "docker run"]) {
    it(`a stop at "${step}" leaves nothing of the cluster`, async () => {
      using fake = fakeCell();
      const machine = fakeMachine();
      machine.acts.set(step, fake.abort);
      const remove = (name: string) => deleteCluster(name, machine.deleting);
      await fake.run([madeOn(machine)], { tools: { deleteCluster: remove } });
      expect(machine.asked).to.include(step);
      expect(machine.left()).to.deep.equal([]);
      expect(fake.used).to.have.length(1);
      expect(fake.leased()).to.deep.equal([]);
    });
  }

  const stoppedAfterTaint: (fake: FakeCell) => OnCluster = (fake) => async (job, emit) => {
    await suitesGo({ [SUITES[0]]: taints })(job, emit);
    fake.abort();
    throw new Error("interrupted by SIGINT");
  };

  it("a stop during the suites deletes the cluster and makes no other, though it is tainted", async () => {
    using fake = fakeCell();
    await fake.run([stoppedAfterTaint(fake)]);
    expect(fake.used).to.have.length(1);
    expect(fake.deleted).to.deep.equal([FIRST]);
    expect(notes(fake)).to.deep.equal(["stopped: interrupted by SIGINT"]);
  });

  it("a second signal leaves the cluster where it is, free for gc", async () => {
    using fake = fakeCell();
    const hurried: OnCluster = async (job, emit) => {
      fake.hurry();
      await stoppedAfterTaint(fake)(job, emit);
    };
    await fake.run([hurried]);
    expect(fake.deleted).to.deep.equal([]);
    expect(fake.leased()).to.deep.equal([]);
    expect(log(fake).at(-1)).to.equal("cell-finished");
  });
});

describe("a cell with a kernel of its own", () => {
  const kernel = { ...DEFAULT_CELL, kernel: "debian:6.12" };

  it("a cell in a virtual machine is run there, and no cluster is made or deleted here", async () => {
    using fake = fakeCell();
    const ran: string[] = [];
    const runInLane: CellTools["runInLane"] = ({ nth, workUnits }) => {
      ran.push(`${nth}: ${workUnits.flatMap(({ suiteFiles }) => suiteFiles).length} suites`);
      return Promise.resolve({ notUndone: 0, preflight: false });
    };
    await fake.run([], { work: { cell: kernel }, tools: { runInLane } });
    expect(ran).to.deep.equal(["1: 3 suites"]);
    expect([fake.used, fake.deleted]).to.deep.equal([[], []]);
  });

  it("a virtual machine that does not start ends the cell, and says so", async () => {
    using fake = fakeCell();
    const runInLane = () => Promise.reject(new PreflightError("no qemu", "apt-get install qemu-system-x86"));
    const end = await fake.run([], { work: { cell: kernel }, tools: { runInLane } });
    expect(end).to.deep.equal({ notUndone: 0, preflight: true });
  });
});
