import { expect } from "chai";
import { checkShell, shellScripts } from "../../../../cli/own-tests/shell-check.ts";
import { behind, type Exec, hostExec } from "../../../../lib/host/exec.ts";

const answering =
  (exitCode: number, stdout = ""): Exec =>
  (argv) =>
    Promise.resolve({ argv, exitCode, timedOut: false, stdout, stderr: "", durationMs: 1 });

describe("the check of shell scripts", () => {
  it("covers scripts of nodes, lane and fixtures, but no input of a cached image", () => {
    const paths = shellScripts();
    expect(paths).to.include.members([
      "lib/evidence/capture.sh",
      "clusters/lane/run-and-follow.sh",
      "test/fixtures/why/lab.sh",
    ]);
    expect(paths.filter((path) => /^clusters\/(image|lane\/guest)\//.test(path))).to.deep.equal([]);
  });

  it("passes if shellcheck has no finding", async () => {
    const { counts } = await checkShell(answering(0));
    expect(counts).to.deep.equal({ passes: 1, failures: 0, pending: 0, leftOut: [] });
  });

  it("fails with shellcheck's findings", async () => {
    const { counts, lines } = await checkShell(answering(1, "x.sh:1:1: note: y [SC2086]\n"));
    expect(counts).to.deep.equal({ passes: 0, failures: 1, pending: 0, leftOut: [] });
    expect(lines).to.deep.equal(["x.sh:1:1: note: y [SC2086]", "  ✘ shell"]);
  });

  it("is skipped with its reason, not passed, where shellcheck is missing", async () => {
    const { counts, lines } = await checkShell(behind(["env", "PATH=/nowhere"], hostExec));
    expect(counts).to.deep.equal({ passes: 0, failures: 0, pending: 1, leftOut: [] });
    expect(lines).to.deep.equal(["  - shell: skipped, shellcheck is not installed"]);
  });
});
