import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
/** The command that runs the tests tells them their set and seed by environment variables. */
const RUNS_THE_TESTS = /^cli\/(?:own-tests\/|commands\/test\.ts$)/;
const HOOKS: readonly (readonly [string, RegExp])[] = [
  ["kills its own process", /process\.kill\(\s*process\.pid\s*,\s*["']SIG(?:KILL|STOP|ABRT)/],
  ["aborts its own process", /process\.abort\(/],
  ["reads a variable of the tests", /FAULTLINE_(?:TEST|CRASH)/],
];

/** Returns what a production file does for tests alone. */
function hooksIn(text: string): readonly string[] {
  return HOOKS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
}

describe("hooks for tests", () => {
  it("are recognized", () => {
    expect(
      hooksIn('if (at === process.env["FAULTLINE_CRASH_AT"]) process.kill(process.pid, "SIGKILL");'),
    ).to.deep.equal(["kills its own process", "reads a variable of the tests"]);
    expect(hooksIn('process.kill(process.pid, "SIGINT");')).to.deep.equal([]);
  });

  it("are in no production code: tests wrap what it is given instead", () => {
    const files = globSync("{cli,clusters,lib,reports,suites}/**/*.{ts,sh,pl}", { cwd: ROOT });
    expect(files.length).to.be.above(300);
    const found = files
      .filter((file) => !RUNS_THE_TESTS.test(file))
      .map((file) => [file, hooksIn(readFileSync(join(ROOT, file), "utf8"))] as const);
    expect(found.filter(([, hooks]) => hooks.length > 0)).to.deep.equal([]);
  });
});
