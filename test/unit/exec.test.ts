import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "chai";
import fc from "fast-check";
import { behind, ExecError, hostExec, lastLines, mustExec, printable } from "../../lib/exec.ts";

const PRINT = ["/usr/bin/printf", "%s\\0"];

async function arrived(words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await mustExec(hostExec, [...PRINT, ...words]);
  return stdout.split("\0").slice(0, -1);
}

describe("hostExec", function () {
  this.timeout(60_000);

  it("hands on every argument unchanged", async () => {
    const hostile = fc.constantFrom(
      ...[
        "$(id)",
        "`id`",
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "*",
        "~",
        "-n",
        "--",
        "",
        " ",
        ";",
        "&&",
        "|",
        ">x",
        "$HOME",
        "!!",
        "{a,b}",
        "#",
        "\t",
        "\u001b[31m",
        "é",
        "🦊",
        "\u2028",
        "%s",
        "\\0",
        "a'b\"c\\d\n",
      ],
    );
    const word = fc.oneof(
      hostile,
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.array(hostile).map((all) => all.join("")),
    );
    const clean = word.filter((one) => !one.includes("\0") && one.isWellFormed());
    const words = fc.array(clean, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(words, async (all) => void expect(await arrived(all)).to.deep.equal(all)),
      { numRuns: 300, interruptAfterTimeLimit: 40_000 },
    );
  });

  it("prints a line that bash reads back as the same words", async () => {
    const words = ["it's", "$HOME", "a b", "", "x;y", "\\", "\n"];
    const { stdout } = await mustExec(hostExec, ["bash", "-c", printable([...PRINT, ...words])]);
    expect(stdout.split("\0").slice(0, -1)).to.deep.equal(words);
  });

  it("gives exit code, stdout and stderr apart, whatever the code", async () => {
    const result = await hostExec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result).to.include({ exitCode: 3, timedOut: false, stdout: "out\n", stderr: "err\n" });
  });

  it("puts stdin in, to the last byte", async () => {
    const text = "a'b\"c\\u\n".repeat(20_000);
    expect((await hostExec(["cat"], { stdin: text })).stdout).to.equal(text);
  });

  it("gives 127 for a command that is not there", async () => {
    const { exitCode, stderr } = await hostExec(["faultline-no-such-command"]);
    expect(exitCode).to.equal(127);
    expect(stderr).to.match(/not found/);
  });

  it("adds to the environment, and runs where it is told", async () => {
    const options = { env: { FAULTLINE_X: "a b'c" }, cwd: tmpdir() };
    const { stdout } = await mustExec(hostExec, ["sh", "-c", 'echo "$FAULTLINE_X $(pwd -P) ${PATH:+path}"'], options);
    expect(stdout).to.equal(`a b'c ${realpathSync(tmpdir())} path\n`);
  });

  it("tells whole lines of both streams as they come", async () => {
    const lines: string[] = [];
    await hostExec(["sh", "-c", "printf a; sleep 0.1; printf 'b\\nc\\n'; echo d >&2; printf torn"], {
      onLine: (line) => lines.push(line),
    });
    expect([...lines].sort()).to.deep.equal(["ab", "c", "d"]);
  });

  it("says that a signal ended it", async () => {
    expect(await hostExec(["sh", "-c", "kill -TERM $$"])).to.include({ exitCode: null, timedOut: false });
  });

  const left = async (mark: string) => (await hostExec(["pgrep", "-f", `^sleep ${mark}$`])).stdout.trim();
  const gone = async (mark: string) => {
    for (let round = 0; round < 40 && (await left(mark)) !== ""; round += 1)
      await new Promise((go) => setTimeout(go, 50));
    return (await left(mark)) === "";
  };

  it("kills the whole group when the time is up", async () => {
    const mark = `300.${process.pid}1`;
    const result = await hostExec(["sh", "-c", `sleep "$1" & exec sleep "$1"`, "x", mark], { timeoutMs: 300 });
    expect(result).to.include({ exitCode: null, timedOut: true });
    expect(result.durationMs).to.be.within(300, 5000);
    expect(await gone(mark)).to.equal(true);
  });

  it("kills the whole group, and rejects with the reason, when the signal aborts", async () => {
    const mark = `300.${process.pid}2`;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 200);
    const running = hostExec(["sh", "-c", `sleep "$1" & exec sleep "$1"`, "x", mark], { signal: controller.signal });
    const error = await running.catch((caught: unknown) => caught);
    expect(error).to.be.an("error").with.property("message", "enough");
    expect(await gone(mark)).to.equal(true);
  });

  it("is out of reach of a signal to our own group", async () => {
    const { stdout } = await mustExec(hostExec, ["sh", "-c", "ps -o pgid= -p $$"]);
    const { stdout: ours } = await mustExec(hostExec, ["ps", "-o", "pgid=", "-p", String(process.pid)]);
    expect(stdout.trim()).to.match(/^\d+$/).and.not.equal(ours.trim());
  });
});

describe("mustExec", () => {
  it("throws with the command, the code and the last lines", async () => {
    const error = await mustExec(hostExec, ["sh", "-c", "echo 'no luck' >&2; exit 4"]).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(ExecError);
    expect((error as ExecError).message).to.match(/^exit 4: sh -c .*\nno luck$/);
    expect((error as ExecError).result.exitCode).to.equal(4);
  });

  it("says time-out instead of a code", async () => {
    const error = await mustExec(hostExec, ["sleep", "30"], { timeoutMs: 200 }).catch((caught: unknown) => caught);
    expect((error as Error).message).to.match(/^timed out after \d+ ms: sleep 30$/);
  });
});

describe("behind", () => {
  it("puts the prefix in front and hands the options on", async () => {
    const seen: unknown[] = [];
    const exec = behind(["docker", "exec", "n"], async (argv, options) => {
      seen.push([argv, options]);
      return hostExec(["true"]);
    });
    await exec(["ls", "-l"], { timeoutMs: 5 });
    expect(seen).to.deep.equal([[["docker", "exec", "n", "ls", "-l"], { timeoutMs: 5 }]]);
  });
});

describe("lastLines", () => {
  it("leaves out empty lines", () => {
    expect(lastLines("a\n\nb\n \nc\n", 2)).to.equal("b\nc");
    expect(lastLines("", 3)).to.equal("");
  });
});
