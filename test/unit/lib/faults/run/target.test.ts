import { expect } from "chai";
import { readlinkSync } from "node:fs";
import type { Exec } from "../../../../../lib/host/exec.ts";
import type { Host } from "../../../../../lib/host/host.ts";
import { findAgain } from "../../../../../lib/faults/run/find-again.ts";
import { GuardError } from "../../../../../lib/faults/contract/refused.ts";
import { assertWritable, containerTarget } from "../../../../../lib/faults/run/target.ts";
import { containerIdentity, fakeNode, INIT_START_TICKS } from "../../../../fixtures/faults/fake-node.ts";
import { rejection } from "../../../../fixtures/faults/rejection.ts";
import { USUAL_SPEED } from "../../../../../lib/host/time-scale.ts";

const ID = "ab".repeat(32);
const BOOT_ID = "3f8a2517-9b43-454b-90d1-d507eabbb7e6";
const HOST_INODE = readlinkSync("/proc/self/ns/net").replace(/\D/g, "");

interface Docker {
  readonly labels?: Readonly<Record<string, string>>;
  readonly running?: boolean;
  readonly networkMode?: string;
  readonly inode?: string;
  readonly initStartTicks?: string;
  readonly startedAt?: string;
  /** Instead of an answer. */
  readonly inspectError?: string;
}

/** A host whose docker knows one container; `asked` collects each argv. */
function hostWith(docker: Docker, asked: (readonly string[])[] = []): Host {
  const inspected = {
    Id: ID,
    Name: "/fl-worker",
    State: { Running: docker.running ?? true, StartedAt: docker.startedAt ?? "2026-11-21T10:00:00Z" },
    Config: { Labels: docker.labels ?? { "io.x-k8s.kind.cluster": "fl" } },
    HostConfig: { NetworkMode: docker.networkMode ?? "kind" },
  };
  const where = `net:[${docker.inode ?? "4026532500"}]\n${BOOT_ID}\n${docker.initStartTicks ?? INIT_START_TICKS}\n`;
  const exec: Exec = (argv) => {
    asked.push(argv);
    const stderr = argv.includes("inspect") ? (docker.inspectError ?? "") : "";
    const stdout = argv.includes("inspect") ? JSON.stringify([inspected]) : where;
    return Promise.resolve({ argv, exitCode: stderr === "" ? 0 : 1, timedOut: false, stdout, stderr, durationMs: 1 });
  };
  return { exec, timeScale: USUAL_SPEED };
}

const ask = (docker: Docker, asked?: (readonly string[])[]) =>
  containerTarget({ node: "A", container: "fl-worker", cluster: "fl", host: hostWith(docker, asked) });

describe("a fault's target", () => {
  it("is the container by its id, with all that tells it from a successor", async () => {
    const asked: (readonly string[])[] = [];
    const { identity, exec } = await ask({}, asked);
    const startedAt = "2026-11-21T10:00:00Z";
    const place = { netnsInode: "4026532500", bootId: BOOT_ID, initStartTicks: INIT_START_TICKS };
    expect(identity).to.deep.equal({
      kind: "container",
      containerId: ID,
      containerName: "fl-worker",
      startedAt,
      cluster: "fl",
      ...place,
    });
    await exec(["true"]);
    expect(asked.at(-1)).to.deep.equal(["docker", "exec", ID, "true"]);
  });

  it("is reached by docker exec when the direct way's container has been restarted since", async () => {
    const asked: (readonly string[])[] = [];
    const direct: Exec = (argv) =>
      Promise.resolve({ argv, exitCode: 98, timedOut: false, stdout: "", stderr: "process 7 is gone", durationMs: 1 });
    const host = hostWith({}, asked);
    const way = { direct, whyNot: null };
    const { exec } = await containerTarget({ node: "A", container: "fl-worker", cluster: "fl", host, way });
    await exec(["true"]);
    expect(asked.at(-1)).to.deep.equal(["docker", "exec", ID, "true"]);
  });

  const REFUSED: readonly (readonly [why: string, docker: Docker, message: RegExp])[] = [
    ["in the host's network namespace", { inode: HOST_INODE }, /network namespace is the host's/],
    ["on the host's network", { networkMode: "host" }, /is on the host's network/],
    ["that is no kind node", { labels: {} }, /is no kind node, not one of fl/],
    [
      "of another kind cluster",
      { labels: { "io.x-k8s.kind.cluster": "mine" } },
      /is a node of kind cluster mine, not one of fl/,
    ],
    ["that is stopped", { running: false }, /is not running/],
    ["that does not exist", { inspectError: "Error: No such container: fl-worker" }, /does not exist/],
  ];
  for (const [why, docker, message] of REFUSED) {
    it(`is never a container ${why}`, async () => {
      const error = await rejection(ask(docker));
      expect(error).to.be.instanceOf(GuardError).with.property("message").that.matches(message);
    });
  }

  it("is none on a kernel that keeps bridge sysctls for all namespaces in one", () => {
    const { target } = fakeNode();
    expect(() => assertWritable(target, "5.2.21-generic")).to.throw(
      GuardError,
      /kernel 5.2.21-generic is older than 5.3/,
    );
    expect(() => assertWritable(target, "4.19.0")).to.throw(GuardError);
    expect(() => assertWritable(target, "5.3.0")).to.not.throw();
    expect(() => assertWritable(target, "6.18.44-fc-v595")).to.not.throw();
  });

  it("is none when it cannot be told from the host", () => {
    expect(() => assertWritable({ ...fakeNode().target, hostNetnsInodes: [] }, "6.18.0")).to.throw(GuardError);
  });
});

describe("a journaled target, looked for again", () => {
  const was = { ...containerIdentity("fl-worker"), cluster: "fl", bootId: BOOT_ID } as const;
  const find = (docker: Docker) => findAgain("A", { ...was, containerId: ID }, hostWith(docker));

  it("is the same one", async () => {
    expect(await find({})).to.include({ status: "same" });
  });

  it("was restarted when it started at another time, or has another process 1 or namespace", async () => {
    expect(await find({ startedAt: "2026-11-21T11:00:00Z" })).to.include({ status: "restarted" });
    expect(await find({ initStartTicks: "3501999" })).to.include({ status: "restarted" });
    expect(await find({ inode: "4026539999" })).to.include({ status: "restarted" });
  });

  it("was stopped or deleted", async () => {
    expect(await find({ running: false })).to.include({ status: "stopped" });
    expect(await find({ inspectError: "Error: No such container: x" })).to.include({ status: "deleted" });
  });

  it("is not deleted just because Docker does not answer", async () => {
    const error = await rejection(find({ inspectError: "Cannot connect to the Docker daemon" }));
    expect(error.message).to.include("Cannot connect to the Docker daemon");
  });
});
