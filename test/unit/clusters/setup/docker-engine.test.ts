import { expect } from "chai";
import { boundedRuntime, BOUNDED_RUNTIME_PATH } from "../../../../clusters/setup/bounded-runtime.ts";
import { dockerEngine, setsRuntimes } from "../../../../clusters/setup/docker-engine.ts";
import { classifyEngine } from "../../../../clusters/setup/engine-probe.ts";
import { dockerdArgv } from "../../../../clusters/setup/engine-start.ts";
import type { FakeMachineFacts } from "./fake-context.ts";
import { BOUNDED_STATUS, fakeContext, FULL_STATUS } from "./fake-context.ts";

const local = { hasDaemon: true, dockerHost: "" };
const nothing = { stdout: "", stderr: "", timedOut: false };
const unreachable = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";

function info(runtime: string): string {
  return JSON.stringify({
    ServerVersion: "20.10.24",
    DefaultRuntime: runtime,
    DockerRootDir: "/d",
    KernelVersion: "6",
  });
}

function engineOn(machine: FakeMachineFacts & { readonly runtime?: string }) {
  const { runtime, files, ...rest } = machine;
  const answer = runtime === undefined ? { exitCode: 1, stderr: unreachable } : { stdout: info(runtime) };
  return fakeContext({
    commands: ["docker", "dockerd", "apt-get"],
    answers: { "docker info": answer },
    files: { "/etc/os-release": "ID=debian\n", "/proc/sys/kernel/cap_last_cap": "40\n", ...files },
    ...rest,
  });
}

/** A dockerd that runs here, with the capabilities of its children. */
function runningWith(status: string): Record<string, string> {
  return { "/var/run/docker.pid": "42\n", "/proc/42/comm": "dockerd\n", "/proc/42/status": status };
}

describe("docker engine", () => {
  it("is running when docker info gives a server version", () => {
    const engine = classifyEngine({ ...nothing, stdout: info("runc") }, local);
    expect(engine).to.deep.equal({
      state: "running",
      version: "20.10.24",
      defaultRuntime: "runc",
      rootDir: "/d",
      kernel: "6",
    });
  });

  it("is stopped when the client says so, in JSON (docker 23 and newer) or on stderr (20.10)", () => {
    const stopped = { state: "stopped", reason: unreachable };
    const stdout = JSON.stringify({ ServerVersion: "", ServerErrors: [unreachable] });
    expect(classifyEngine({ ...nothing, stdout }, local)).to.deep.equal(stopped);
    expect(classifyEngine({ ...nothing, stderr: `\n${unreachable}\n` }, local)).to.deep.equal(stopped);
  });

  it("is absent when there is a client and no daemon", () => {
    const engine = classifyEngine({ ...nothing, stderr: unreachable }, { hasDaemon: false, dockerHost: "" });
    expect(engine.state).to.equal("absent");
  });

  it("is denied, not stopped, without the right to its socket", () => {
    const stderr = "permission denied while trying to connect to the Docker daemon socket";
    expect(classifyEngine({ ...nothing, stderr }, local).state).to.equal("denied");
  });

  it("is never started when DOCKER_HOST names a remote engine", async () => {
    const finding = await dockerEngine.find(engineOn({ env: { DOCKER_HOST: "tcp://10.0.0.1:2375" } }));
    expect(finding.state).to.equal("missing");
    expect(finding.fix?.bySelf).to.equal(false);
  });

  it("is installed from the distribution on Debian, and by a person elsewhere", async () => {
    const debian = await dockerEngine.find(engineOn({ commands: ["apt-get"] }));
    expect(debian.fix?.how).to.equal("apt-get update && apt-get install -y docker.io");
    expect(debian.fix?.bySelf).to.equal(true);
    const fedora = await dockerEngine.find(
      engineOn({ commands: ["dnf"], files: { "/etc/os-release": "ID=fedora\n" } }),
    );
    expect(fedora.fix?.bySelf).to.equal(false);
  });

  it("is started by systemd where systemd is the init, else by hand", async () => {
    const byHand = await dockerEngine.find(engineOn({ files: { "/proc/self/status": FULL_STATUS } }));
    expect(byHand.fix?.how).to.equal("dockerd &");
    const bySystemd = await dockerEngine.find(engineOn({ files: { "/proc/1/comm": "systemd\n" } }));
    expect(bySystemd.fix?.how).to.equal("sudo systemctl start docker");
  });

  it("is started with the bounded runtime only where capabilities are withheld", async () => {
    const finding = await dockerEngine.find(engineOn({ files: { "/proc/self/status": BOUNDED_STATUS } }));
    expect(finding.fix?.how).to.equal(`${dockerdArgv(true).join(" ")} &`);
    expect(dockerdArgv(false)).to.deep.equal(["dockerd"]);
  });

  it("is not started with flags that contradict its own configuration", async () => {
    const files = { "/proc/self/status": BOUNDED_STATUS, "/etc/docker/daemon.json": '{"runtimes": {}}' };
    const finding = await dockerEngine.find(engineOn({ files }));
    expect(finding.fix?.bySelf).to.equal(false);
    expect(finding.fix?.how).to.include(BOUNDED_RUNTIME_PATH);
    expect(setsRuntimes('{"log-level": "debug"}')).to.equal(false);
  });

  it("must be restarted by a person when it runs without the runtime that the host needs", async () => {
    const finding = await dockerEngine.find(engineOn({ runtime: "runc", files: runningWith(BOUNDED_STATUS) }));
    expect(finding.state).to.equal("missing");
    expect(finding.fix?.bySelf).to.equal(false);
    const bounded = await dockerEngine.find(engineOn({ runtime: "bounded", files: runningWith(BOUNDED_STATUS) }));
    expect(bounded.state).to.equal("ok");
    const other = await dockerEngine.find(engineOn({ runtime: "crun", files: runningWith(BOUNDED_STATUS) }));
    expect(other.state).to.equal("warning");
  });

  it("is judged by its own limits, not by ours, when it runs outside our container", async () => {
    const context = engineOn({ runtime: "runc", files: { "/proc/self/status": BOUNDED_STATUS } });
    expect((await dockerEngine.find(context)).state).to.equal("ok");
    expect((await boundedRuntime.find(context)).detail).to.match(/^not needed/);
  });
});

describe("bounded runtime", () => {
  const needed = { files: { "/proc/self/status": BOUNDED_STATUS } };

  it("installs its packages from the distribution first", async () => {
    const context = engineOn({
      files: { ...needed.files, ...(await wrapper()) },
      commands: ["docker", "runc", "apt-get"],
    });
    const finding = await boundedRuntime.find(context);
    expect(finding.detail).to.include("CAP_SYS_RESOURCE").and.to.include("not found: jq");
    await finding.fix?.run();
    const path = "/usr/local/bin/faultline-bounded-runc";
    expect(context.ran.at(-1), "whole or not at all").to.equal(`mv -f ${path}.new ${path}`);
    expect(context.ran.at(-2)).to.match(
      /^install -m 0755 .*bounded-runc \/usr\/local\/bin\/faultline-bounded-runc\.new$/,
    );
    expect(context.ran.at(-3)).to.match(/apt-get .*install -y jq$/);
  });

  it("is replaced when the installed file differs", async () => {
    const commands = ["docker", "dockerd", "jq", "runc"];
    const source = await wrapper();
    const text = Object.values(source)[0] ?? "";
    const outdated = engineOn({ commands, files: { ...needed.files, ...source, [BOUNDED_RUNTIME_PATH]: "old" } });
    expect((await boundedRuntime.find(outdated)).detail).to.include("is outdated");
    const current = engineOn({ commands, files: { ...needed.files, ...source, [BOUNDED_RUNTIME_PATH]: text } });
    expect((await boundedRuntime.find(current)).state).to.equal("ok");
  });

  /** The wrapper's source, at the path that the check reads. */
  async function wrapper(): Promise<Record<string, string>> {
    let path = "";
    const asked = engineOn({
      ...needed,
      readText: (wanted: string) => Promise.resolve(remember(wanted)),
    } as FakeMachineFacts);
    await boundedRuntime.find(asked);
    return { [path]: "#!/bin/sh\n" };

    function remember(wanted: string): string | undefined {
      if (wanted.endsWith("bounded-runc") && !wanted.startsWith("/usr/local")) path = wanted;
      return wanted === "/proc/self/status" ? BOUNDED_STATUS : undefined;
    }
  }
});
