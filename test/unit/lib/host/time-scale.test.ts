import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { atScale, type Exec, type ExecOptions } from "../../../../lib/host/exec.ts";
import { timeScaleIn, USUAL_SPEED } from "../../../../lib/host/time-scale.ts";
import { patiently } from "../../../../lib/scenario/patiently.ts";
import { notUntil, noFault, within, type Scenario } from "../../../../lib/scenario/spec.ts";

const SCENARIO: Scenario = {
  id: "a/b",
  title: "t",
  claim: "c",
  documented: [],
  fault: noFault,
  expect: {},
  appears: within(10_000),
  recovers: notUntil("it is restarted", { lastsMs: 5000, withinMs: 2000 }),
};

const ROOT = join(import.meta.dirname, "../../../..");

/** Returns the production files with that text in them. */
function filesWith(text: RegExp): readonly string[] {
  return globSync("{cli,clusters,lib,reports,suites}/**/*.ts", { cwd: ROOT })
    .filter((file) => text.test(readFileSync(join(ROOT, file), "utf8")))
    .sort();
}

describe("the time scale", () => {
  it("is the usual speed unless the setting is a number from 1 to 20", () => {
    const factors = ["4", "1", "0", "21", "x", undefined].map((setting) => timeScaleIn(setting).factor);
    expect(factors).to.deep.equal([4, 1, 1, 1, 1, 1]);
  });

  it("multiplies the budgets for appearing, lasting and recovering, and changes nothing else", () => {
    const { appears, recovers } = patiently(SCENARIO, { factor: 4 });
    expect([appears?.withinMs, recovers.withinMs, recovers.notUntil?.lastsMs]).to.deep.equal([40_000, 8000, 20_000]);
    expect(patiently(SCENARIO, USUAL_SPEED)).to.deep.equal(SCENARIO);
    const { id, title, claim, documented, fault, expect: none, recovers: same } = SCENARIO;
    const bare = { id, title, claim, documented, fault, expect: none, recovers: same };
    expect(patiently(bare, { factor: 4 })).to.not.have.property("appears");
  });

  it("multiplies a command's timeout, the default one too, and leaves its other options alone", async () => {
    const asked: (ExecOptions | undefined)[] = [];
    const exec: Exec = (argv, options) => {
      asked.push(options);
      return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1 });
    };
    const slow = atScale({ factor: 6 }, exec);
    await slow(["true"]);
    await slow(["true"], { timeoutMs: 5000, cwd: "/" });
    expect(asked).to.deep.equal([{ timeoutMs: 360_000 }, { timeoutMs: 30_000, cwd: "/" }]);
  });

  it("is read from the environment by one file of the command line only", () => {
    expect(filesWith(/\btimeScaleIn\(/)).to.deep.equal(["cli/host/time-scale.ts", "lib/host/time-scale.ts"]);
    expect(filesWith(/FAULTLINE_TIME_SCALE/)).to.deep.equal([
      "cli/host/time-scale.ts",
      "clusters/lane/guest-project.ts",
    ]);
    expect(filesWith(/\btimeScaleOfProcess\(/).filter((file) => !file.startsWith("cli/"))).to.deep.equal([]);
  });

  it("is in every command that production code runs: none of it takes the exec that knows no time scale", () => {
    expect(filesWith(/\bhostExec\b/)).to.deep.equal(["lib/host/exec.ts", "lib/host/host.ts"]);
    // A wait's attempts are of usual speed unless it is told otherwise.
    expect(filesWith(/\bUSUAL_SPEED\b/)).to.deep.equal(["lib/host/time-scale.ts", "lib/host/wait.ts"]);
    expect(filesWith(/\bhostAt\(/)).to.deep.equal([
      "cli/cell/cell-process.ts",
      "clusters/setup/host-context.ts",
      "lib/host/host.ts",
    ]);
  });
});
