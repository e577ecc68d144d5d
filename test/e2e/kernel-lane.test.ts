import { expect } from "chai";
import type { Run } from "../../lib/run.ts";
import { DEFAULT_CELL, parseCell } from "../../clusters/cells.ts";
import { kernelLacks } from "../../clusters/lane/needs.ts";
import { hostContext } from "../../clusters/setup/host-context.ts";
import { qemu } from "../../clusters/setup/qemu.ts";
import { faultline, mustEnd, resultOf, runReported, type Outcome } from "./command-line.ts";

const SUITE = "services/no-endpoints";
const CELL = parseCell(`${DEFAULT_CELL.cni}/ipvs/1.34/ipv4/debian:6.12`);

/** What keeps this machine from having a VM; null for nothing. The first time takes many minutes under emulation, so it is asked for by name. */
async function whyNot(): Promise<string | null> {
  if (process.env["FAULTLINE_TEST_LANE"] === undefined)
    return "FAULTLINE_TEST_LANE is not set: the first VM takes 10 min and more to make";
  const { state, detail } = await qemu.find(hostContext());
  return state === "missing" ? `no QEMU: ${detail}` : null;
}

describe("a cell on another kernel", function () {
  let outcome: Outcome;
  let run: Run;

  before("run one suite with kube-proxy in ipvs mode", async function () {
    const reason = await whyNot();
    if (reason !== null) {
      process.stderr.write(`kernel lane not tested: ${reason}\n`);
      this.skip();
    }
    outcome = await faultline([
      "run",
      SUITE,
      "--cell",
      "flannel/ipvs/1.34/ipv4/debian:6.12",
      "--yes",
      "--progress",
      "plain",
    ]);
    run = runReported(outcome);
  });

  it("runs in the VM and comes out in this run: verdicts, the kernel, durations that are durations", function () {
    mustEnd(outcome);
    expect(resultOf(run, SUITE).verdict).to.equal("pass");
    expect(run.cells[0]?.cell).to.deep.include({ proxyMode: "ipvs", kernel: CELL.kernel });
    expect(outcome.stderr).to.match(/in the VM: kernel 6\.12\./);
    expect(run.durationMs).to.be.below(3_600_000);
  });

  it("a cell of ipvs is moved there by itself where this kernel has no ip_vs, and says so", async function () {
    const host = parseCell("flannel/ipvs");
    if ((await kernelLacks(host, hostContext())) === null) this.skip();
    const { stderr } = await faultline(["run", SUITE, "--cell", "flannel/ipvs", "--yes", "--progress", "none"]);
    expect(stderr).to.match(/needs ip_vs, which this kernel lacks: it runs on debian:6\.12 in a virtual machine/);
  });
});
