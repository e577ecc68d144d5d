import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { expect } from "chai";
import {
  entering,
  firstProcess,
  NOT_ENTERED_EXIT,
  ownRestrictions,
  type FirstProcess,
} from "../../lib/host/container-way.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { restrictionsIn } from "../../lib/host/restrictions.ts";
import { waitFor } from "../../lib/host/wait.ts";

/** Namespaces of its own, as a container has: its first process says when it is there. */
const CONTAINER = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--mount-proc", "--kill-child"];
const FIRST = ["sh", "-c", "echo there; exec sleep 600"];
const INHERITED = {
  umask: "0027",
  environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "container=ours"],
  restrictions: ownRestrictions(),
};

describe("entering a container", () => {
  let unshare: ChildProcess;
  let first: FirstProcess;

  beforeEach(async () => {
    unshare = spawn("unshare", [...CONTAINER, ...FIRST], { stdio: ["ignore", "pipe", "inherit"] });
    await once(unshare.stdout ?? unshare, "data");
    const pid = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8").trim();
    const found = firstProcess(pid);
    if (found === null) throw new Error(`no process ${pid}`);
    first = found;
  });

  afterEach(() => unshare.kill("SIGKILL"));

  it("puts a command beside the first process, with that environment and umask and no other", async () => {
    const exec = entering(first, INHERITED, hostExec);
    const script =
      'readlink /proc/self/ns/net /proc/self/ns/pid; tr "\\0" " " </proc/1/cmdline; echo; pwd; umask; env | sort';
    const { stdout, argv } = await mustExec(exec, ["sh", "-c", script]);
    const [net, pid] = ["net", "pid"].map((space) => readlinkSync(`/proc/${first.pid}/ns/${space}`));
    const environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PWD=/", "container=ours"];
    expect(stdout.trimEnd().split("\n")).to.deep.equal([net, pid, "sleep 600 ", "/", "0027", ...environment]);
    expect(argv).to.deep.equal(["sh", "-c", script]);
  });

  it("gives its words, exit code and output unchanged", async () => {
    const exec = entering(first, INHERITED, hostExec);
    const words = ["two words", "", "-x", "A=B", "$HOME;*", "ü\n"];
    const { stdout, stderr, exitCode } = await exec([
      "sh",
      "-c",
      'printf "[%s]" "$@"; echo no >&2; exit 3',
      "sh",
      ...words,
    ]);
    expect({ stdout, stderr, exitCode }).to.deep.equal({
      stdout: words.map((word) => `[${word}]`).join(""),
      stderr: "no\n",
      exitCode: 3,
    });
  });

  it("gives a command other limits and fewer capabilities than this process has", async () => {
    const { boundingSet, limits } = ownRestrictions();
    // Without CAP_SYS_TIME, number 25.
    const restrictions = { boundingSet: boundingSet & ~(1n << 25n), limits: { ...limits, core: "4096:8192" } };
    const exec = entering(first, { ...INHERITED, restrictions }, hostExec);
    const { stdout } = await mustExec(exec, ["cat", "/proc/self/status", "/proc/self/limits"]);
    expect(boundingSet & (1n << 25n)).to.not.equal(0n);
    expect(restrictionsIn(stdout)).to.deep.equal(restrictions);
    expect(/^CapEff:\s*(\w+)$/m.exec(stdout)?.[1]).to.equal(/^CapBnd:\s*(\w+)$/m.exec(stdout)?.[1]);
  });

  it("runs nothing where the number is another process's by now", async () => {
    const successor = { ...first, started: String(Number(first.started) - 1) };
    const { exitCode, stdout } = await entering(successor, INHERITED, hostExec)(["echo", "was run"]);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: NOT_ENTERED_EXIT, stdout: "" });
  });

  it("runs nothing where the container is gone", async () => {
    unshare.kill("SIGKILL");
    await once(unshare, "exit");
    await waitFor("its end", () => goneOrThrow(first.pid), { budgetMs: 5000, intervalMs: 20 });
    const { exitCode } = await entering(first, INHERITED, hostExec)(["true"]);
    expect(exitCode).to.equal(NOT_ENTERED_EXIT);
  });

  it("runs nothing where a control group cannot be joined", async () => {
    const nowhere = { ...first, controlGroups: ["/sys/fs/cgroup/there-is-no-such"] };
    const { exitCode } = await entering(nowhere, INHERITED, hostExec)(["true"]);
    expect(exitCode).to.equal(NOT_ENTERED_EXIT);
  });

  it("leaves what a command started in the background, until the container ends", async () => {
    const exec = entering(first, INHERITED, hostExec);
    const left = "setsid sleep 601 </dev/null >/dev/null 2>&1 & echo $!";
    const inside = (await mustExec(exec, ["sh", "-c", left])).stdout.trim();
    const alive = await exec(["sh", "-c", 'tr "\\0" " " <"/proc/$1/cmdline"', "sh", inside]);
    expect(alive.stdout).to.equal("sleep 601 ");
    const outside = (await mustExec(hostExec, ["pgrep", "-f", "^sleep 601$", "--ns", first.pid, "--nslist", "pid"]))
      .stdout;
    unshare.kill("SIGKILL");
    await once(unshare, "exit");
    await waitFor("its end", () => goneOrThrow(outside.trim()), { budgetMs: 5000, intervalMs: 20 });
  });
});

function goneOrThrow(pid: string): Promise<void> {
  return existsSync(`/proc/${pid}`) ? Promise.reject(new Error(`process ${pid} is there`)) : Promise.resolve();
}
