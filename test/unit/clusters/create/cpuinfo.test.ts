import { expect } from "chai";
import { cpuInfoFor } from "../../../../clusters/create/cpuinfo.ts";

/** As 7.3.4 in user mode says, shortened. */
const USER_MODE = "processor\t: 0\nvendor_id\t: User Mode Linux\nmodel name\t: UML\nmode\t\t: skas\n";

describe("cpuInfoFor", () => {
  it("adds the clock speed that user-mode Linux lacks, in a form that cAdvisor reads", () => {
    const text = cpuInfoFor(USER_MODE) ?? "";
    // cAdvisor, machine.go: cpuClockSpeedMHz.
    expect(text).to.match(/(?:cpu MHz|CPU MHz|clock)\s*:\s*([0-9]+\.[0-9]+)(?:MHz)?/);
    expect(text).to.contain("model name\t: UML");
  });

  it("leaves any other kernel's text unchanged", () => {
    expect(cpuInfoFor("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu MHz\t\t: 2000.000\n")).to.equal(undefined);
    expect(cpuInfoFor("processor\t: 0\nCPU implementer\t: 0x41\n")).to.equal(undefined);
  });
});
