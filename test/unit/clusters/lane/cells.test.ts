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
  it("are found by name, and an unknown one is refused with those that are known", () => {
    for (const { name } of LANE_KERNELS) expect(laneKernel(name).name).to.equal(name);
    for (const unknown of ["debian:6.12", "../../etc"])
      expect(() => laneKernel(unknown))
        .to.throw(UsageError, /is not known/)
        .with.property("nextStep", "known kernels: host, um:newest");
  });

  it("are the fifth part of a cell, and --kernel goes before it", () => {
    const cell = parseCell("flannel/ipvs/1.34/ipv4/um:newest");
    expect(cell.kernel).to.equal("um:newest");
    const other = { ...cell, kernel: "other" };
    expect(onKernel([other, DEFAULT_CELL], "um:newest").map(({ kernel }) => kernel)).to.deep.equal([
      ...["um:newest", "um:newest"],
    ]);
    expect(onKernel([DEFAULT_CELL], undefined)).to.deep.equal([DEFAULT_CELL]);
    expect(() => parseCell("flannel/ipvs/1.34/ipv4/debian:6.12")).to.throw(
      UsageError,
      /kernel debian:6\.12 is not known \(known: host, um:newest\)/,
    );
  });

  it("user-mode Linux is what a cell gets that needs ip_vs, and is refused to one of BPF programs", () => {
    expect(onLane(IPVS).kernel).to.equal("um:newest");
    expect(() => parseCell("cilium/iptables/1.34/ipv4/um:newest")).to.throw(UsageError, /compiles no BPF programs/);
    expect(() => onKernel([parseCell("cilium")], "um:newest")).to.throw(UsageError, /compiles no BPF programs/);
  });

  it("in its VM a cell is on the host's kernel", () => {
    const cell = { ...IPVS, kernel: "um:newest" };
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
