import { expect } from "chai";
import { readFileSync } from "node:fs";
import { laneSteps } from "../../../../clusters/lane/steps.ts";
import { laneKernel } from "../../../../clusters/cells/kernels.ts";
import { allowedCpus, cpuFor } from "../../../../clusters/lane/shape.ts";
import { vmArgv } from "../../../../clusters/lane/vm.ts";
import { hostExec } from "../../../../lib/host/exec.ts";

const ARGV = vmArgv({
  parts: {
    linux: "/l/linux",
    disks: { system: "/d/system.raw", docker: "/d/docker.raw" },
    release: "7.3.4",
  },
  memoryMib: 4096,
  cpu: 1,
  dir: "/v",
  project: "/v/project.tar",
  exec: hostExec,
});

describe("vmArgv", () => {
  it("puts the kernel where there is no network, and where all ends with it", () => {
    const own = ARGV.slice(0, ARGV.indexOf("--"));
    expect(own).to.deep.equal(["unshare", "--net", "--pid", "--fork", "--kill-child=KILL"]);
    expect(ARGV.join(" ")).not.to.match(/\b(eth|vec)\d|hostfs/);
  });

  it("writes to layers of its own, never to the disks it was made from", () => {
    expect(ARGV.filter((word) => word.startsWith("ubd"))).to.deep.equal([
      ...["ubd0=/v/system.cow,/d/system.raw", "ubd1=/v/docker.cow,/d/docker.raw", "ubd2r=/v/project.tar"],
    ]);
  });

  it("stays on one processor", () => {
    expect(ARGV.slice(ARGV.indexOf("taskset"), ARGV.indexOf("/l/linux"))).to.deep.equal([
      ...["taskset", "--cpu-list", "1"],
    ]);
  });
});

describe("the processor of a VM", () => {
  it("is one that may be used, another for each cell while there are any", () => {
    const allowed = allowedCpus("Name:\tnode\nCpus_allowed_list:\t2-3,6\n");
    expect(allowed).to.deep.equal([2, 3, 6]);
    expect([0, 1, 2, 3].map((index) => cpuFor(index, allowed))).to.deep.equal([6, 3, 2, 6]);
    expect(cpuFor(1, allowedCpus(""))).to.equal(0);
  });
});

describe("the steps that build a VM", () => {
  const inputs = { imageTag: "t", lockDigest: "d", project: "/p", kind: "/k" };
  const names = (kernel: string) => laneSteps({ ...inputs, kernel: laneKernel(kernel) }).map(({ name }) => name);

  it("build its kernel from source instead of fetching a built one", () => {
    expect(names("um:newest")).to.deep.equal([
      ...["lane-root", "lane-build-root", "lane-source-um-newest", "lane-linux-um-newest"],
      ...["lane-system", "lane-docker"],
    ]);
  });

  it("ask for what the cells, the CNIs and the faults need of a kernel, each once", () => {
    const asked = readFileSync("clusters/lane/um.config", "utf8").match(/^CONFIG_.*$/gm) ?? [];
    const needed = ["IP_VS", "IP_SET_HASH_IPPORT", "NFT_FIB_INET", "VXLAN", "BRIDGE_NETFILTER", "NET_SCH_NETEM"];
    expect(asked).to.include.members(needed.map((name) => `CONFIG_${name}=y`));
    expect(asked.length).to.equal(new Set(asked).size);
  });
});
