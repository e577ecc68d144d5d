import { expect } from "chai";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeProcess } from "../../../../cli/own-tests/process.ts";
import type { TestSignals } from "../../../../cli/own-tests/signals.ts";
import { waitFor } from "../../../../lib/host/wait.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
/** Says that it is up by the file that its argument names, and goes on for ever. */
const FOREVER = 'require("node:fs").writeFileSync(process.argv[1], ""); setInterval(() => undefined, 1000);';

/** Signals that a test makes up. */
function madeUp(): TestSignals & { send(name: NodeJS.Signals): void } {
  const listeners = new Set<(name: NodeJS.Signals) => void>();
  return {
    signal: new AbortController().signal,
    first: () => null,
    onEach: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release: () => undefined,
    send: (name) => listeners.forEach((listener) => listener(name)),
  };
}

describe("a signal to ./faultline test", () => {
  let marks: string;
  beforeEach("make a folder for marks", () => {
    marks = mkdtempSync(join(tmpdir(), "faultline-test-command-"));
  });
  afterEach("remove it", () => rmSync(marks, { recursive: true }));

  const seen = (name: string) =>
    waitFor(name, () => (existsSync(join(marks, name)) ? Promise.resolve() : Promise.reject(new Error("not yet"))), {
      budgetMs: 9_000,
      intervalMs: 20,
    });

  it("goes on to the layer's process, whose exit code counts", async () => {
    const signals = madeUp();
    const script = `process.on("SIGTERM", () => process.exit(7)); ${FOREVER}`;
    const ended = nodeProcess(["-e", script, join(marks, "up")], {}, signals);
    await seen("up");
    signals.send("SIGTERM");
    expect(await ended).to.equal(7);
  });

  it("reaches what the process has started, too", async () => {
    const signals = madeUp();
    const onSignal = 'require("node:fs").writeFileSync(`${process.argv[1]}-told`, ""); process.exit();';
    const inner = `process.on("SIGTERM", () => { ${onSignal} }); ${FOREVER}`;
    const outer = 'require("node:child_process").spawnSync(process.execPath, ["-e", ...process.argv.slice(1)]);';
    const ended = nodeProcess(["-e", outer, inner, join(marks, "up")], {}, signals);
    await seen("up");
    signals.send("SIGTERM");
    await ended;
    await seen("up-told");
  });

  it("is followed by SIGKILL where it is not heeded", async () => {
    const signals = madeUp();
    const script = `process.on("SIGTERM", () => undefined); ${FOREVER}`;
    const ended = nodeProcess(["-e", script, join(marks, "up")], {}, signals, { graceMs: 300 });
    await seen("up");
    signals.send("SIGTERM");
    expect(await ended).to.equal(1);
  });

  it("lets mocha end the test under way and run its after hooks", async () => {
    const mocha = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), "--no-config", "--extension", "ts"];
    const reporter = ["--reporter", join(ROOT, "test", "summary-reporter.ts")];
    const spec = join(ROOT, "test", "fixtures", "test-command", "slow.ts");
    const env = { ...process.env, FAULTLINE_TEST_MARKS: marks };
    const child = spawn(process.execPath, [...mocha, ...reporter, spec], { env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await seen("under-way");
    child.kill("SIGTERM");
    expect(await ended).to.equal(0);
    expect(readdirSync(marks).sort()).to.deep.equal(["taken-away", "under-way"]);
  });

  it("ends it with 143, says what to run, and begins no further layer", async () => {
    const args = ["test", "--only", "check", "--only", "unit"];
    const child = spawn(join(ROOT, "faultline"), args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("== check")) child.kill("SIGTERM");
    });
    expect(await ended).to.equal(143);
    expect(said).to.match(/tests interrupted by SIGTERM\n {2}next: .*\.\/faultline heal.*\.\/faultline gc/);
    expect(said).to.not.include("== unit");
  });
});
