import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStoppable } from "../../../../cli/cell/stoppable-process.ts";

/** Writes a line, and then does as it is told on SIGTERM; ends by itself after 10 s. */
const scriptThat = (onTerm: string) =>
  `process.on("SIGTERM", () => { ${onTerm} }); process.stdout.write("begun\\n"); setTimeout(() => {}, 10_000);`;

describe("a process that can be stopped", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-stoppable-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  async function run(script: string, budgetMs: number) {
    const lines: string[] = [];
    const logPath = join(dir, "log");
    const stopping = new AbortController();
    const begun = setInterval(() => {
      if (hasBegun(logPath)) stopping.abort();
    }, 10);
    const exit = await runStoppable({
      argv: ["-e", script],
      logPath,
      show: false,
      signal: stopping.signal,
      stopBudget: () => ({ budgetMs, what: "its undo" }),
      say: (line) => lines.push(line),
    });
    clearInterval(begun);
    return { exit, lines };
  }

  it("ends by itself after SIGTERM, and what it is waited for is said", async () => {
    const { exit, lines } = await run(scriptThat("process.exit(3)"), 9000);
    expect(exit).to.equal("3");
    expect(lines).to.deep.equal(["stopping: waiting up to 9 s for its undo"]);
  });

  it("is killed, which is said, once its budget has passed", async () => {
    const { exit, lines } = await run(scriptThat(""), 300);
    expect(exit).to.equal("SIGKILL");
    expect(lines).to.deep.equal([
      "stopping: waiting up to 1 s for its undo",
      "killed: it did not end within 1 s; the journal says what is still to be undone",
    ]);
  });

  it("leaves its output in its log and its exit code to its caller", async () => {
    expect((await run(`process.stderr.write("last words"); process.exit(7);`, 300)).exit).to.equal("7");
    expect(readFileSync(join(dir, "log"), "utf8")).to.equal("last words");
  });
});

function hasBegun(path: string): boolean {
  try {
    return readFileSync(path, "utf8").includes("begun");
  } catch {
    return false;
  }
}
