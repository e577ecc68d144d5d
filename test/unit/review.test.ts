/** What the review of issue 3 found: each is red until its finding is mended, then moves to the test file of its concept. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { hostExec } from "../../lib/exec.ts";

const runNode = promisify(execFile);

/** Runs a module of ours in a process of its own, since what it may do is die. */
async function inProcess(script: string): Promise<string> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const argv = ["--disable-warning=DEP0190", "--input-type=module", "-e", script, root];
  const ended = await runNode(process.execPath, argv, { timeout: 20_000 }).catch((error: unknown) => error as Error);
  return ended instanceof Error ? ended.message : ended.stdout;
}

describe("review: commands", function () {
  this.timeout(30_000);

  it("a command that ends before it has read its stdin kills nobody", async () => {
    const script = `const { hostExec } = await import(process.argv[1] + "lib/exec.ts");
      for (let i = 0; i < 5; i += 1) await hostExec(["true"], { stdin: "x".repeat(1e6) });
      console.log("alive");`;
    expect(await inProcess(script)).to.equal("alive\n");
  });

  it("a command that reads its stdin finds its end when none is given", async () => {
    expect(await hostExec(["cat"], { timeoutMs: 2000 })).to.include({ exitCode: 0, timedOut: false });
  });

  it("a command that was killed for its time never exits 0", async () => {
    // Its children may be killed a moment before it, and then it goes on: about one in ten did.
    for (let round = 0; round < 25; round += 1) {
      const result = await hostExec(["sh", "-c", "sleep 20; exit 0"], { timeoutMs: 100 });
      expect(result).to.include({ exitCode: null, timedOut: true });
    }
  });

  it("output keeps a character that two chunks cut in half", async () => {
    const { stdout } = await hostExec(["sh", "-c", "printf '\\342\\202'; sleep 0.2; printf '\\254'"]);
    expect(stdout).to.equal("€");
  });

  it("an argument with a NUL is refused, not cut", async () => {
    const ended = await hostExec(["printf", "a\0b"]).catch(() => "refused");
    expect(ended).to.equal("refused");
  });
});
