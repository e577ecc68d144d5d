import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteCluster, type DeleteOptions } from "../../../../clusters/create/delete.ts";
import { creatorsOf, stopCreatorsOf } from "../../../../clusters/create/kind-process.ts";
import { WaitTimeoutError } from "../../../../lib/host/wait.ts";

const NAME = "faultline-114400k3x90";

/** A fake engine with a network and one container, which appears at one check and is removable from a later one on. */
function engine(appearsAt: number, removableAt: number, creators = 0): DeleteOptions & { readonly asked: string[] } {
  const asked: string[] = [];
  let [looks, removed, network, rule, creating] = [0, false, true, true, creators];
  const answer = (line: string): readonly [number, string] => {
    if (line.startsWith("docker ps") && line.endsWith(`kind.cluster=${NAME}`)) {
      looks += 1;
      return [0, looks >= appearsAt && !removed ? "9ba449840\n" : ""];
    }
    if (line.startsWith("docker rm")) {
      if (looks < removableAt) return [1, ""];
      removed = true;
    }
    if (line.startsWith("docker network rm")) network = false;
    if (line.startsWith("docker network ls")) return [0, network ? "2ee61cc50de1\n" : ""];
    if (line.includes(" -D ")) rule = false;
    if (line.includes(" -S ")) {
      return [0, rule ? `-A DOCKER-USER -i fl-x -m comment --comment "faultline:${NAME}" -j DROP\n` : ""];
    }
    return [0, ""];
  };
  return {
    asked,
    budgetMs: 300,
    intervalMs: 1,
    stopCreators: () => {
      const stopped = creating;
      creating = 0;
      return stopped;
    },
    exec: (argv) => {
      asked.push(argv.join(" "));
      const [exitCode, stdout] = answer(argv.join(" "));
      return Promise.resolve({ argv, exitCode, timedOut: false, stdout, stderr: "", durationMs: 1 });
    },
  };
}

describe("deleting a cluster", () => {
  const removals = (asked: readonly string[]) => asked.filter((line) => line.startsWith("docker rm"));

  it("removes its containers with their volumes, its network and its rule, and checks that they are gone", async () => {
    const machine = engine(1, 1);
    await deleteCluster(NAME, machine);
    expect(removals(machine.asked)).to.deep.equal(["docker rm --force --volumes 9ba449840"]);
    expect(machine.asked.filter((line) => line.includes("network rm") || line.includes(" -D "))).to.have.length(2);
    expect(machine.asked.some((line) => line.includes("kind delete"))).to.equal(false);
  });

  it("removes the peers on its network, and kills the kind that creates them", async () => {
    const stopped: string[] = [];
    const machine = engine(1, 1);
    await deleteCluster(NAME, { ...machine, stopCreators: (name) => stopped.push(name) && 0 });
    expect(stopped.slice(0, 3)).to.deep.equal([NAME, `${NAME}-peer`, `${NAME}-twin`]);
    for (const name of stopped)
      expect(
        machine.asked.some((line) => line.endsWith(`io.x-k8s.kind.cluster=${name}`)),
        name,
      ).to.equal(true);
  });

  it("retries while Docker lists a container that it cannot remove yet", async () => {
    const machine = engine(1, 6);
    await deleteCluster(NAME, machine);
    expect(removals(machine.asked).length).to.be.greaterThan(2);
  });

  it("finds a container that appears after the first check, when kind was still running", async () => {
    const machine = engine(3, 3, 1);
    await deleteCluster(NAME, machine);
    expect(removals(machine.asked)).to.have.length(1);
  });

  it("names the remaining parts after its budget", async () => {
    const error: unknown = await deleteCluster(NAME, engine(1, Number.POSITIVE_INFINITY)).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(WaitTimeoutError).with.property("message").that.includes("left: 9ba449840");
  });
});

describe("the kind process that creates a cluster", () => {
  const process = (proc: string, pid: number, group: number, ...argv: readonly string[]) => {
    mkdirSync(join(proc, String(pid)));
    writeFileSync(join(proc, String(pid), "cmdline"), argv.map((word) => `${word}\0`).join(""));
    writeFileSync(join(proc, String(pid), "stat"), `${pid} (ki) nd) S 1 ${group} ${group} 0 -1`);
  };

  it("is recognised by its whole command, not by a name in some command", () => {
    const proc = mkdtempSync(join(tmpdir(), "faultline-proc-"));
    try {
      const create = ["create", "cluster", "--name"];
      process(proc, 10, 10, "/cache/kind", ...create, NAME, "--image", "x");
      process(proc, 11, 9, "kind", ...create, NAME);
      process(proc, 12, 12, "kind", ...create, `${NAME}1`);
      process(proc, 13, 13, "grep", "kind", ...create, NAME);
      process(proc, 14, 14, "kind", "delete", "cluster", "--name", NAME);
      process(proc, 15, 15);
      mkdirSync(join(proc, "self"));
      const byPid = [...creatorsOf(NAME, proc)].sort((a, b) => a.pid - b.pid);
      expect(byPid).to.deep.equal([
        { pid: 10, group: 10 },
        { pid: 11, group: 9 },
      ]);
    } finally {
      rmSync(proc, { recursive: true });
    }
    expect(creatorsOf(NAME, "/nonexistent")).to.deep.equal([]);
  });

  it("is killed with the processes it started, and no other", async () => {
    const name = `faultline-unit-${globalThis.process.pid}`;
    const dir = mkdtempSync(join(tmpdir(), "faultline-kind-"));
    // Run as `bash create cluster --name NAME`; `bash -c …` has the same words further back.
    // A fork has its parent's words until it is what it is to be: only then does it say that it has begun.
    const script = "bash -c 'echo begun; exec sleep 300' & wait";
    writeFileSync(join(dir, "create"), script);
    const words = ["create", "cluster", "--name", name];
    const kind = spawn("bash", words, { detached: true, cwd: dir });
    const other = spawn("bash", ["-c", script, ...words], { detached: true, cwd: dir });
    try {
      await Promise.all([kind, other].map(({ stdout }) => new Promise((resolve) => stdout.once("data", resolve))));
      // Its output ends only when its sleep has ended, too.
      const ended = new Promise((resolve) => kind.once("close", resolve));
      expect(stopCreatorsOf(name)).to.equal(1);
      await ended;
      expect(stopCreatorsOf(name)).to.equal(0);
      expect([other.exitCode, other.signalCode]).to.deep.equal([null, null]);
    } finally {
      for (const { pid } of [kind, other])
        if (pid !== undefined && lives(-pid)) globalThis.process.kill(-pid, "SIGKILL");
      rmSync(dir, { recursive: true });
    }
  });

  function lives(pid: number): boolean {
    try {
      return globalThis.process.kill(pid, 0);
    } catch {
      return false;
    }
  }
});
