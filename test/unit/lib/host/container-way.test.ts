import { expect } from "chai";
import { controlGroupsIn, NOT_ENTERED_EXIT, throughWay } from "../../../../lib/host/container-way.ts";
import type { Exec } from "../../../../lib/host/exec.ts";

/** Says who was asked. */
function saying(name: string, exitCode: number): Exec {
  return (argv) => Promise.resolve({ argv, exitCode, timedOut: false, stdout: name, stderr: "", durationMs: 1 });
}

describe("a way into a container", () => {
  const docker = saying("docker", 0);
  const through = async (exitCode: number, argv: readonly string[]) =>
    (await throughWay({ direct: saying("direct", exitCode), whyNot: null }, docker)(argv)).stdout;

  it("is taken, whatever the command ends with", async () => {
    for (const exitCode of [0, 1, 97, 127]) expect(await through(exitCode, ["true"])).to.equal("direct");
  });

  it("gives way to docker exec where nothing was run", async () => {
    expect(await through(NOT_ENTERED_EXIT, ["true"])).to.equal("docker");
  });

  it("is not taken by what env would take for a variable", async () => {
    expect(await through(0, ["A=B"])).to.equal("docker");
  });

  it("is docker exec where there is none", async () => {
    expect((await throughWay({ direct: null, whyNot: "not root" }, docker)(["true"])).stdout).to.equal("docker");
  });
});

describe("the control groups of a process", () => {
  const mount = (root: string, folder: string, type: string, options: string) =>
    `32 31 0:29 ${root} ${folder} rw,relatime shared:9 - ${type} ${type} ${options}`;

  it("are found in each hierarchy, by its controllers", () => {
    const mounts = [
      mount("/", "/sys/fs/cgroup/systemd", "cgroup", "rw,xattr,name=systemd"),
      mount("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
      mount("/", "/sys/fs/cgroup/unified", "cgroup2", "rw"),
    ].join("\n");
    const cgroup = "3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab/init.scope\n0::/docker/ab/init.scope\n";
    expect(controlGroupsIn(cgroup, mounts)).to.deep.equal([
      "/sys/fs/cgroup/cpu,cpuacct/docker/ab",
      "/sys/fs/cgroup/systemd/docker/ab/init.scope",
      "/sys/fs/cgroup/unified/docker/ab/init.scope",
    ]);
  });

  it("are those of the one hierarchy where there is one", () => {
    const mounts = mount("/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate");
    expect(controlGroupsIn("0::/system.slice/docker-ab.scope\n", mounts)).to.deep.equal([
      "/sys/fs/cgroup/system.slice/docker-ab.scope",
    ]);
  });

  it("leave out what is mounted nowhere, or in part", () => {
    const mounts = mount("/ci/job", "/sys/fs/cgroup/pids", "cgroup", "rw,pids");
    expect(controlGroupsIn("8:pids:/docker/ab\n4:memory:/docker/ab\n", mounts)).to.deep.equal([]);
  });
});
