import { expect } from "chai";
import { DEFAULT_CELL, parseCell } from "../../../../clusters/cells/cells.ts";
import { LANE_KERNELS, laneKernel } from "../../../../clusters/cells/kernels.ts";
import { insideVm, kernelLacks, kernelNeed, onLane } from "../../../../clusters/lane/needs.ts";
import { onKernel } from "../../../../cli/cell/lane-cells.ts";
import { cellId } from "../../../../lib/model/cell.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import type { ExecResult } from "../../../../lib/host/exec.ts";

const IPVS = parseCell("flannel/ipvs");

/** A machine whose modprobe knows these modules, and whose kernel has these loaded. */
function machine(known: readonly string[], loaded: readonly string[] = []) {
  return {
    platform: "linux" as const,
    exec: (argv: readonly string[]) =>
      Promise.resolve({ argv, exitCode: known.includes(argv.at(-1) ?? "") ? 0 : 1 } as ExecResult),
    readText: (path: string) => Promise.resolve(loaded.some((name) => path === `/proc/net/${name}`) ? "" : undefined),
  };
}

describe("kernels of cells", () => {
  it("are named as Debian's, and an unknown one is told with the nearest", () => {
    for (const { name } of LANE_KERNELS) expect(laneKernel(name).name).to.equal(name);
    expect(() => laneKernel("debian:6.11")).to.throw(UsageError, /nearest is debian:6\.1/);
    expect(() => laneKernel("../../etc")).to.throw(UsageError);
  });

  it("are the fifth part of a cell, and --kernel goes before it", () => {
    const cell = parseCell("flannel/ipvs/1.34/ipv4/debian:6.12");
    expect(cell.kernel).to.equal("debian:6.12");
    expect(onKernel([cell, DEFAULT_CELL], "debian:6.1").map(({ kernel }) => kernel)).to.deep.equal([
      ...["debian:6.1", "debian:6.1"],
    ]);
    expect(onKernel([DEFAULT_CELL], undefined)).to.deep.equal([DEFAULT_CELL]);
    expect(() => parseCell("flannel/ipvs/1.34/ipv4/debian:5.10")).to.throw(UsageError, /debian:5\.10 is not known/);
  });

  it("one that needs ip_vs gets user-mode Linux, one of BPF programs a kernel that compiles them", () => {
    expect(onLane(IPVS).kernel).to.equal("um:newest");
    expect(laneKernel(onLane(parseCell("cilium")).kernel ?? "").runsIn).to.equal("qemu");
  });

  it("in its VM a cell is on the host's kernel", () => {
    const cell = { ...IPVS, kernel: "debian:6.12" };
    expect(cellId(insideVm(cell))).to.equal(cellId(IPVS));
  });

  it("only ipvs asks for more than every cell does", () => {
    expect(kernelNeed(IPVS)).to.equal("ip_vs");
    expect(kernelNeed(parseCell("flannel/ipvs-sh"))).to.equal("ip_vs");
    expect(kernelNeed(DEFAULT_CELL)).to.equal(null);
  });

  it("a module that is loaded, or could be, is not lacking", async () => {
    expect(await kernelLacks(IPVS, machine([]))).to.equal("ip_vs");
    expect(await kernelLacks(IPVS, machine(["ip_vs"]))).to.equal(null);
    expect(await kernelLacks(IPVS, machine([], ["ip_vs"]))).to.equal(null);
    expect(await kernelLacks(DEFAULT_CELL, machine([]))).to.equal(null);
  });
});
