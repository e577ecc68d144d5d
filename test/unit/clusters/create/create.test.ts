import { expect } from "chai";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CELL } from "../../../../clusters/cells/cells.ts";
import { createCluster, type ClusterOptions } from "../../../../clusters/create/create.ts";
import { deleteCluster } from "../../../../clusters/create/delete.ts";
import { FaultlineError } from "../../../../lib/host/errors.ts";
import type { Event, Stage } from "../../../../lib/events/event.ts";
import { stamped } from "../../../../lib/events/event-log.ts";
import { fakeMachine, type FakeMachine } from "../../../fixtures/clusters/fake-machine.ts";
import { rejection } from "../../../fixtures/faults/rejection.ts";

const NAME = "faultline-114400k3x90";
/** The boot sequence, each step with the stage that it belongs to. */
const BOOT: readonly (readonly [step: string, stage: Stage])[] = [
  ["iptables -I", "cluster"],
  ["docker network create", "cluster"],
  ["kind create cluster", "cluster"],
  ["patch coredns", "cni"],
  ["apply manifest", "cni"],
  ["until CNI flannel", "cni"],
  ["until nodes to be Ready", "cni"],
  ["apply objects", "roles"],
  ["docker run", "roles"],
  ["docker exec", "roles"],
  ["until roles", "roles"],
  ["until CoreDNS", "roles"],
  ["docker inspect", "roles"],
  ["service server", "roles"],
  ["service kube-dns", "roles"],
];
const STAGES: readonly Stage[] = ["cluster", "cni", "roles"];

describe("creating a cluster", () => {
  let dir = "";
  let machine: FakeMachine;
  let events: Event[] = [];
  let stopping: AbortController;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "faultline-create-"));
    machine = fakeMachine();
    events = [];
    stopping = new AbortController();
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const order = (): ClusterOptions => ({
    name: NAME,
    cell: DEFAULT_CELL,
    image: { tag: "faultline/node:x", origin: "offline", kubernetesVersion: DEFAULT_CELL.kubernetesVersion },
    nodes: 2,
    kind: "/usr/bin/kind",
    dir,
    owner: "1/2/3",
    leases: { ahead: () => Promise.resolve([]) },
    emit: (event) => void events.push(stamped(event)),
    readyBudgetMs: 1000,
    signal: stopping.signal,
  });
  const create = () => createCluster(order(), machine.making);
  const log = () => events.flatMap((event) => ("stage" in event ? [`${event.type} ${event.stage}`] : []));
  /** The log of a boot that fails in this stage. */
  const failedIn = (stage: Stage) => {
    const done = STAGES.slice(0, STAGES.indexOf(stage));
    return [
      ...done.flatMap((one) => [`stage-started ${one}`, `stage-done ${one}`]),
      ...[`stage-started ${stage}`, `stage-failed ${stage}`],
    ];
  };

  it("createCluster logs its stages in order, and carries the boot sequence out in order", async () => {
    const record = await create();
    expect(log()).to.deep.equal(STAGES.flatMap((one) => [`stage-started ${one}`, `stage-done ${one}`]));
    const steps = machine.asked.filter((one, index, all) => all.indexOf(one) === index);
    const inBoot = steps.filter((one) => BOOT.some(([step]) => step === one));
    expect(inBoot).to.have.members(BOOT.map(([step]) => step));
    for (const [before, after] of ORDERED) expect(steps.indexOf(before), before).to.be.below(steps.indexOf(after));
    expect(record).to.deep.include({
      name: NAME,
      cell: DEFAULT_CELL,
      outside: `${NAME}-outside`,
      nodePort: 31_234,
      nodeIps: { A: "172.18.0.3", B: "172.18.0.2" },
      serviceIps: { server: "10.96.0.7", dns: "10.96.0.10" },
    });
    expect(statSync(record.kubeconfig).mode & 0o777).to.equal(0o600);
  });

  /** What must not be the other way round: nothing is on an open network, no CNI is awaited that was not applied. */
  const ORDERED = [
    ["iptables -I", "docker network create"],
    ["docker network create", "kind create cluster"],
    ["kind create cluster", "patch coredns"],
    ["patch coredns", "apply manifest"],
    ["apply manifest", "until CNI flannel"],
    ["until CNI flannel", "apply objects"],
    ["apply objects", "until roles"],
    ["until roles", "service server"],
  ] as const;

  for (const [step, stage] of BOOT) {
    it(`a boot that fails at "${step}" is logged as failed in ${stage}, and deleting leaves nothing`, async () => {
      machine.failing.set(step, "made to fail");
      const error = await rejection(create());
      expect(error.message).to.include("made to fail");
      expect(log()).to.deep.equal(failedIn(stage));
      expect(events.at(-1)).to.include({ type: "stage-failed", message: error.message });
      machine.failing.clear();
      await deleteCluster(NAME, machine.deleting);
      expect(machine.left()).to.deep.equal([]);
    });

    it(`a boot that is stopped at "${step}" goes no further than that stage, and deleting leaves nothing`, async () => {
      machine.acts.set(step, () => stopping.abort(new Error("interrupted by SIGINT")));
      await rejection(create());
      const last = events.at(-1);
      expect(last).to.include({ type: "stage-failed" });
      expect(STAGES.indexOf(stage), `failed in ${log().at(-1)}`).to.equal(
        STAGES.indexOf((last as { stage: Stage }).stage),
      );
      machine.acts.clear();
      await deleteCluster(NAME, machine.deleting);
      expect(machine.left()).to.deep.equal([]);
    });
  }

  it("a cluster whose roles never get ready is an undecided error with how to look at them", async () => {
    machine.failing.set("until roles", "timed out after 1 s waiting for roles: server Pending");
    const error = await rejection(create());
    expect(error).to.be.instanceOf(FaultlineError).with.property("exitCode", 2);
    expect(error).to.have.property("nextStep").that.includes("get pods -A");
  });

  it("a network that is not closed gets no cluster", async () => {
    machine.failing.set("iptables -C", "No chain/target/match by that name.");
    const error = await rejection(create());
    expect(error.message).to.include("the rule that closes it is missing from iptables's chain DOCKER-USER");
    expect(machine.asked).not.to.include("docker network create");
  });
});
