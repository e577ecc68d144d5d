import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endLeftCaptures } from "../../../../cli/cell/left-captures.ts";
import { captureMark } from "../../../../lib/evidence/sweep.ts";
import type { Exec, ExecResult } from "../../../../lib/host/exec.ts";

const CONTAINERS = { A: "c-worker", B: "c-control-plane", "control-plane": "c-control-plane" };

describe("captures that a killed run has left", () => {
  const dir = mkdtempSync(join(tmpdir(), "faultline-left-"));
  const cell = join(dir, "20261121-1", "cells", "flannel_x");
  before(() => {
    mkdirSync(cell, { recursive: true });
    symlinkSync("20261121-1", join(dir, "latest"));
  });
  after(() => rmSync(dir, { recursive: true }));

  /** Docker with these containers running; `asked` gets the container and the mark of each sweep. */
  const docker =
    (running: readonly string[], asked: (readonly string[])[], answer = "ended 1\n"): Exec =>
    (argv) => {
      const result = (stdout: string, exitCode = 0): ExecResult => ({
        argv,
        exitCode,
        stdout,
        timedOut: false,
        stderr: exitCode === 0 ? "" : "no",
        durationMs: 1,
      });
      if (argv[1] === "ps") return Promise.resolve(result(running.join("\n")));
      asked.push([argv[2] ?? "", argv.at(-2) ?? "", argv.at(-1) ?? ""]);
      return Promise.resolve(result(answer, answer === "" ? 1 : 0));
    };

  it("are known by the run and its cell, wherever the folder is and by whatever name", () => {
    expect(captureMark(cell)).to.match(/^[0-9a-f]{12}$/);
    expect(captureMark("/elsewhere/20261121-1/cells/flannel_x")).to.equal(captureMark(cell));
    expect(captureMark("/elsewhere/20261121-2/cells/flannel_x")).to.not.equal(captureMark(cell));
    expect(captureMark("/elsewhere/20261121-1/cells/flannel_y")).to.not.equal(captureMark(cell));
  });

  it("are ended once on each node that is still there, and told", async () => {
    const asked: (readonly string[])[] = [];
    const said: string[] = [];
    const record = { containers: CONTAINERS };
    const host = docker(["c-control-plane", "other", "c-worker"], asked);
    await endLeftCaptures(join(dir, "latest", "cells", "flannel_x"), record, (line) => said.push(line), host);
    expect(asked).to.have.deep.members(
      ["c-worker", "c-control-plane"].map((node) => [node, "sweep", captureMark(cell)]),
    );
    expect(said.sort()).to.deep.equal([
      "ended: 1 capture left running (c-control-plane)",
      "ended: 1 capture left running (c-worker)",
    ]);
  });

  it("are no news where there are none, no node, or no Docker", async () => {
    const said: string[] = [];
    const asked: (readonly string[])[] = [];
    const say = (line: string) => said.push(line);
    await endLeftCaptures(cell, { containers: CONTAINERS }, say, docker(["c-worker"], asked, "ended 0\n"));
    expect(asked).to.have.lengthOf(1);
    await endLeftCaptures(cell, { containers: CONTAINERS }, say, docker(["other"], asked));
    expect(asked).to.have.lengthOf(1);
    expect(said).to.deep.equal([]);
    await endLeftCaptures(cell, { containers: CONTAINERS }, say, docker(["c-worker"], asked, ""));
    expect(said).to.deep.equal(["c-worker: captures could not be ended: no"]);
  });
});
