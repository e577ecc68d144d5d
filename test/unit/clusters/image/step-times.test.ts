import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuMsIn } from "../../../../clusters/image/cpu-times.ts";
import { describeTimes } from "../../../../clusters/image/step-times.ts";

const WITH_TIMES = join(import.meta.dirname, "../../../../clusters/image/scripts/with-times");

describe("the times of a build's steps", () => {
  it("are told the longest first, the short ones together", () => {
    const times = [
      { name: "pause", durationMs: 900, cpuMs: 1000 },
      { name: "etcd", durationMs: 24_000, cpuMs: 40_000 },
      { name: "kubernetes-1.34.4", durationMs: 344_000, cpuMs: 600_400 },
      { name: "echo", durationMs: 2100, cpuMs: 3000 },
    ];
    expect(describeTimes(times, 350_000)).to.deep.equal([
      "node image: built in 350 s (CPU 644 s), two steps at a time:",
      "  kubernetes-1.34.4: 344 s (CPU 600 s)",
      "  etcd: 24 s (CPU 40 s)",
      "  2 short steps: 3 s (CPU 4 s)",
    ]);
    expect(describeTimes([], 10)).to.deep.equal([]);
  });

  it("are what bash's `times` says of the command and its children", () => {
    const dir = mkdtempSync(join(tmpdir(), "faultline-times-"));
    try {
      const file = join(dir, "times");
      const busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
      execFileSync(WITH_TIMES, [file, "bash", "-c", busy]);
      const once = cpuMsIn(readFileSync(file, "utf8"));
      expect(once).to.be.greaterThan(50);
      execFileSync(WITH_TIMES, [file, "bash", "-c", busy]);
      expect(cpuMsIn(readFileSync(file, "utf8"))).to.be.greaterThan(once * 1.2);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("do not change how the command ends", () => {
    expect(() => execFileSync(WITH_TIMES, ["/dev/null", "bash", "-c", "exit 7"]))
      .to.throw()
      .with.property("status", 7);
  });
});
