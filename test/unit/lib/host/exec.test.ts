import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import {
  behind,
  ExecError,
  hostExec,
  lastLines,
  mustExec,
  NotStartedError,
  printable,
} from "../../../../lib/host/exec.ts";
import { PRINT } from "../../fuzz/real-process.ts";

async function arrived(words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await mustExec(hostExec, [...PRINT, ...words]);
  return stdout.split("\0").slice(0, -1);
}

/**
 * Runs a script in its own process with few open files, because a defect of hostExec may end the process. Returns
 * stdout, then stderr.
 */
async function inProcess(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const module = JSON.stringify(fileURLToPath(new URL("../../../../lib/host/exec.ts", import.meta.url)));
  const set = `Object.assign(process.env, ${JSON.stringify(env)})`;
  const whole = `${set}; const { hostExec } = await import(${module}); ${script}`;
  const node = [process.execPath, "--disable-warning=DEP0190", "--input-type=module", "-e", whole];
  const argv = ["-c", 'ulimit -n 64; exec "$@"', "x", ...node];
  const failed = (error: unknown) => ({ stdout: "", stderr: String(error) });
  const { stdout, stderr } = await promisify(execFile)("/bin/bash", argv, {
    timeout: 40_000,
    env: { ...process.env, SHLVL: "2" },
  }).catch(failed);
  return stdout + stderr;
}

function rejection(running: Promise<unknown>): Promise<Error> {
  return running.then(() => expect.fail("it resolved")).catch((error: unknown) => error as Error);
}

describe("hostExec", function () {
  this.timeout(60_000);

  it("passes every argument unchanged", async () => {
    const quoting = "$(id) `id` ' \" \\ * ~ -n -- ; && | >x $HOME !! {a,b} # é 🦊 %s \\0".split(" ");
    const hostile = fc.constantFrom(...quoting, "", " ", "\t", "\n", "\r", "\u001b[31m", "\u2028", "a'b\"c\\d\n");
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

  it("prints a line that bash parses back into the same words", async () => {
    const words = ["it's", "$HOME", "a b", "", "x;y", "\\", "\n"];
    const { stdout } = await mustExec(hostExec, ["bash", "-c", 'eval "$1"', "x", printable([...PRINT, ...words])]);
    expect(stdout).to.equal(words.map((word) => `${word}\0`).join(""));
  });

  it("returns exit code, stdout and stderr separately, with any exit code", async () => {
    const result = await hostExec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result).to.include({ exitCode: 3, timedOut: false, stdout: "out\n", stderr: "err\n" });
  });

  it("passes stdin to the last byte", async () => {
    const stdin = "a'b\"c\\u\n".repeat(20_000);
    expect((await hostExec(["cat"], { stdin })).stdout).to.equal(stdin);
  });

  it("survives a command that exits before it has read its stdin", async () => {
    const script = 'for (const size of [1e4, 1e6, 1e4]) await hostExec(["true"], { stdin: "x".repeat(size) })';
    expect(await inProcess(`${script}; console.log("alive");`)).to.equal("alive\n");
  });

  it("ends the stdin of a command without input", async () => {
    for (const options of [{}, { stdin: "" }])
      expect(await hostExec(["cat"], { ...options, timeoutMs: 20_000 })).to.include({ exitCode: 0, stdout: "" });
  });

  it("keeps a character that two chunks split, in the text and in the lines", async () => {
    const lines: string[] = [];
    const script = "printf '\\342\\202'; sleep 0.2; printf '\\254\\n\\360\\237'; sleep 0.2; printf '\\246\\212'";
    const { stdout } = await hostExec(["sh", "-c", script], { onLine: (line) => lines.push(line) });
    expect([stdout, ...lines]).to.deep.equal(["€\n🦊", "€", "🦊"]);
  });

  it("reads 50 MB, even as one line", async () => {
    let told = 0;
    const options = { onLine: (line: string) => (told += line.length) };
    expect((await hostExec(["head", "-c", "50000000", "/dev/zero"], options)).stdout).to.have.lengthOf(50_000_000);
    expect(told).to.equal(50_000_000);
  });

  it("runs 200 commands at once with one signal", async () => {
    const { signal } = new AbortController();
    const all = Array.from({ length: 200 }, (_, i) => hostExec(["sh", "-c", 'echo "$1"', "x", String(i)], { signal }));
    expect((await Promise.all(all)).map((one) => one.stdout)).to.deep.equal(all.map((_, i) => `${i}\n`));
  });

  it("starts no command after an abort, and none that it cannot pass unchanged, and says why", async () => {
    const aborted = { signal: AbortSignal.abort(new Error("before")) };
    const refused: readonly [string[], Parameters<typeof hostExec>[1], RegExp][] = [
      [["a\0"], aborted, /^before$/],
      [[], {}, /the command is empty/],
      [["echo", "a", "b\0c"], {}, /^not started: argument 2 contains a NUL character: echo a \$'b\\0c'$/],
      [["echo", "a\ud800"], {}, /^not started: argument 1 is not well-formed Unicode: /],
      [["true"], { cwd: "/no/such" }, /^not started: no working directory \/no\/such: true$/],
      [["true"], { cwd: "/etc/passwd" }, /no working directory \/etc\/passwd/],
      [["true"], { env: { A: "b\0" } }, /null bytes/],
      [["true", "x".repeat(200_000)], {}, /^not started: command or environment too long \(E2BIG\).*: true$/],
    ];
    for (const [argv, options, message] of refused) {
      const error = await rejection(hostExec(argv, options));
      expect(error.message).to.match(message);
      expect(error instanceof NotStartedError).to.equal(options !== aborted);
    }
  });

  it("names too many open files as the reason", async () => {
    const script = `try { for (;;) (await import("node:fs")).openSync("/dev/null"); } catch {}
      console.log(await hostExec(["true"]).catch((error) => error.name));`;
    expect(await inProcess(script)).to.equal("NotStartedError\n");
  });

  it("hides the variables that change bash's behaviour, and passes the others", async () => {
    const traps = { BASH_ENV: "/x", ENV: "/x", SHELLOPTS: "noexec", "BASH_FUNC_true%%": "() { echo trap; }" };
    const forZx = { ZX_POSTFIX: "; echo trap", ZX_PREFIX: "echo trap;", ZX_CWD: "/proc", ZX_VERBOSE: "true" };
    const script = `const { stdout } = await hostExec(["sh", "-c", "pwd; env"]);
      const seen = stdout + (await hostExec(["true"])).stdout;
      const isTrapped = /trap|^(ENV|BASH_ENV|SHELLOPTS|ZX_)/m.test(seen);
      console.log(seen.startsWith(process.cwd() + "\\n"), isTrapped, /^KEPT=a b$/m.test(seen));`;
    expect(await inProcess(script, { ...traps, ...forZx, KEPT: "a b" })).to.equal("true false true\n");
  });

  it("returns 127 for a missing command", async () => {
    const error = await rejection(mustExec(hostExec, ["faultline-no-such-command"]));
    expect(error.message).to.match(/^exit 127: .*\n.*not found$/);
  });

  it("adds to the environment and runs in the given directory", async () => {
    const options = { env: { FAULTLINE_X: "a b'c" }, cwd: tmpdir() };
    const { stdout } = await mustExec(hostExec, ["sh", "-c", 'echo "$FAULTLINE_X $(pwd -P) ${PATH:+path}"'], options);
    expect(stdout).to.equal(`a b'c ${realpathSync(tmpdir())} path\n`);
  });

  it("passes on the lines of both streams as they come, even a last line without newline", async () => {
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    await hostExec(["sh", "-c", "printf a; sleep 0.1; printf 'b\\nc\\n'; echo d >&2; printf torn"], { onLine });
    expect(lines.sort()).to.deep.equal(["ab", "c", "d", "torn"]);
  });

  it("ends the command and rejects if onLine throws", async () => {
    const onLine = () => expect.fail("full");
    expect((await rejection(hostExec(["sh", "-c", "echo a; sleep 20"], { onLine }))).message).to.equal("full");
  });

  it("does not pass a command's options to a command that its onLine starts", async () => {
    const inner: ReturnType<typeof hostExec>[] = [];
    const onLine = () => inner.push(hostExec(["sh", "-c", "cat; pwd -P"]));
    await hostExec(["sh", "-c", "cat; echo"], { onLine, cwd: "/", stdin: "outer", timeoutMs: 20_000 });
    expect((await inner[0])?.stdout).to.equal(`${process.cwd()}\n`);
  });

  it("says that a signal ended the command", async () => {
    expect(await hostExec(["sh", "-c", "kill -TERM $$"])).to.include({ exitCode: null, timedOut: false });
  });

  const UNTIL_GONE = 'for i in $(seq 40); do pgrep -f "^sleep $1\$" || exit 0; sleep 0.05; done; exit 1';
  const gone = async (mark: string) => (await hostExec(["sh", "-c", UNTIL_GONE, "x", mark])).exitCode === 0;

  it("kills the whole process group at the timeout", async () => {
    const mark = `300.${process.pid}1`;
    const result = await hostExec(["sh", "-c", `sleep "$1" & exec sleep "$1"`, "x", mark], { timeoutMs: 300 });
    expect(result).to.include({ exitCode: null, timedOut: true });
    expect(result.durationMs).to.be.within(300, 5000);
    expect(await gone(mark)).to.equal(true);
  });

  it("returns no exit code for a command that it killed", async () => {
    // A shell that outlived its children for a moment would exit with 0; the second shell has exited already.
    const scripts = Array.from({ length: 20 }, () => ["sleep 20; exit 0", "sleep 20 & exit 0"]).flat();
    const all = scripts.map((script) => hostExec(["sh", "-c", script], { timeoutMs: 100 }));
    for (const result of await Promise.all(all)) expect(result).to.include({ exitCode: null, timedOut: true });
  });

  it("does not wait beyond the timeout for a daemon that holds stdout open", async () => {
    const mark = `300.${process.pid}3`;
    const argv = ["sh", "-c", 'echo out; setsid sleep "$1" & sleep 0.2', "x", mark];
    const result = await hostExec(argv, { timeoutMs: 1500 });
    await hostExec(["pkill", "-f", `^sleep ${mark}$`]);
    expect(result).to.include({ exitCode: null, timedOut: true, stdout: "out\n" });
    expect(result.durationMs).to.be.within(1500, 10_000);
  });

  it("needs no ps for a timeout or an abort, and does not wait for a process that it may not kill", async () => {
    const script = `const controller = new AbortController();
      const argv = ["/bin/sh", "-c", "/bin/sleep 20; exit 0"];
      const { exitCode, timedOut } = await hostExec(argv, { timeoutMs: 200 });
      setTimeout(() => controller.abort(new Error("enough")), 200);
      const reason = await hostExec(argv, { signal: controller.signal }).catch((error) => error.message);
      process.kill = () => { throw new Error("not ours"); };
      const { durationMs } = await hostExec(["/bin/sleep", "20"], { timeoutMs: 100 });
      console.log(exitCode, timedOut, reason, durationMs < 15_000);`;
    expect(await inProcess(script, { PATH: "/nonexistent" })).to.equal("null true enough true\n");
  });

  it("kills the whole process group and rejects with the reason if the signal aborts", async () => {
    const mark = `300.${process.pid}2`;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 200);
    const running = hostExec(["sh", "-c", `sleep "$1" & exec sleep "$1"`, "x", mark], { signal: controller.signal });
    expect((await rejection(running)).message).to.equal("enough");
    expect(await gone(mark)).to.equal(true);
  });

  it("runs the command out of reach of a signal to our process group", async () => {
    const { stdout } = await mustExec(hostExec, ["sh", "-c", 'ps -o pgid= -p "$1,$$"', "x", String(process.pid)]);
    expect(new Set(stdout.match(/\d+/g))).to.have.property("size", 2);
  });
});

describe("mustExec", () => {
  it("throws with the command, its exit code and its last lines", async () => {
    const error = await rejection(mustExec(hostExec, ["sh", "-c", "echo 'no luck' >&2; exit 4"]));
    expect(error).to.be.instanceOf(ExecError).with.nested.property("result.exitCode", 4);
    expect(error.message).to.match(/^exit 4: sh -c .*\nno luck$/);
  });

  it("names the timeout instead of an exit code", async () => {
    const { message } = await rejection(mustExec(hostExec, ["sleep", "30"], { timeoutMs: 200 }));
    expect(message).to.match(/^timed out after \d+ ms: sleep 30$/);
  });
});

describe("behind", () => {
  it("puts the prefix before the command and passes the options", async () => {
    const seen: unknown[] = [];
    const exec = behind(["docker", "exec", "n"], (...call) => (seen.push(call), hostExec(["true"])));
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
