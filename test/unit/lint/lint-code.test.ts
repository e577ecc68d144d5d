import { expectFiring, type LintCase } from "./lint-case.ts";

/** What keeps text from becoming code, and the clock from becoming a measure. */
const CASES: readonly LintCase[] = [
  {
    rule: "faultline/no-quoted-interpolation",
    bad: [
      ["lib/x.ts", 'await $`echo "${name}"`;'],
      ["lib/x.ts", "await $`echo 'Hello, ${name}'`;"],
      ["lib/x.ts", 'await $({ nothrow: true })`grep -e "^${name} " file`;'],
      ["lib/x.ts", 'const shell = $({ quiet: true }); await shell`echo "${name}"`;'],
    ],
    good: [
      ["lib/x.ts", "await $`echo ${name}`;"],
      ["lib/x.ts", "await $`echo \"a\" ${name} 'b'`;"],
      ["lib/x.ts", 'await $`echo \\"${name}\\"`;'],
      ["lib/x.ts", 'export const text = String.raw`"${name}"`;'],
    ],
  },
  {
    rule: "faultline/no-built-script",
    bad: [
      ["lib/x.ts", 'run(["sh", "-c", `cat ${file}`]);'],
      ["lib/x.ts", 'run(["docker", "exec", node, "bash", "-ec", "cat " + file]);'],
      ["lib/x.ts", 'run(["/bin/sh", "-c", ["cat", file].join(" ")]);'],
      ["lib/x.ts", 'const script = `cat ${file}`; run(["sh", "-c", script]);'],
      ["lib/x.ts", 'spawn("sh", ["-c", `cat ${file}`]);'],
      ["lib/x.ts", 'run(["sh", "-c", fast ? "true" : `cat ${file}`]);'],
      ["lib/x.ts", 'run(["sh", "-c", given || `cat ${file}`]);'],
      ["lib/x.ts", 'run(["bash", "-ec", scriptFor(file)]);'],
      ["lib/x.ts", 'const script = scriptFor(file); run(["sh", "-c", script]);'],
      ["lib/x.ts", 'run(["su", "-", user, "-c", `cat ${file}`]);'],
      ["lib/x.ts", 'run(["perl", "-ne", `print ${expression}`]);'],
      ["lib/x.ts", 'run(["node", "--eval", "print(" + text + ")"]);'],
      ["lib/x.ts", "run(['eval', `cat ${file}`]);"],
      ["lib/faults/x.ts", "export const capture = (to: string) => ({ script: `ip route show ${to}`, args: [] });"],
      ["lib/faults/x.ts", "const script = build(to); export const command = { script, args: [] };"],
    ],
    good: [
      ["lib/x.ts", `run(["sh", "-c", 'cat "$1"', "cat-file", file]);`],
      ["lib/x.ts", 'const CODE = 97; const GUARD = `exit ${CODE}`; run(["sh", "-c", GUARD + "\\n"]);'],
      ["lib/x.ts", 'run(["ping", "-c", `${count}`]);'],
      ["lib/x.ts", 'import { SCRIPT } from "./script.ts"; run(["bash", "-c", SCRIPT]);'],
      ["lib/x.ts", 'export const argv = (command: { script: string }) => ["sh", "-c", command.script];'],
      ["lib/x.ts", 'const TEXT = readFileSync(new URL("x.sh", import.meta.url), "utf8"); run(["bash", "-c", TEXT]);'],
      [
        "lib/faults/x.ts",
        'import { GUARD } from "./y.ts"; const READ = `${GUARD}cat`;\nexport const capture = (to: string) => ({ script: READ, args: [to] });',
      ],
      ["lib/x.ts", "export const text = { script: `tell ${name}` };"],
    ],
  },
  {
    rule: "faultline/no-built-constant",
    bad: [
      ["lib/faults/x.ts", "const APPLY = `ip link set ${device} down`;"],
      ["lib/faults/x.ts", 'export const APPLY = "ip link set " + device;'],
      ["lib/x.ts", "const READ = `cat ${process.env.HOME}/x`;"],
      ["lib/x.ts", "const READ = `cat ${path()}`;"],
      ["lib/x.ts", 'const READ = ["cat", path].join(" ");'],
      ["clusters/x.ts", "const make = (NAME: string) => { const SCRIPT = `cat ${NAME}`; return SCRIPT; };"],
      ["clusters/x.ts", 'import { path } from "./y.ts"; const SCRIPT = `cat ${path}`;'],
      ["lib/x.ts", 'const read = (name: string) => readFileSync(name, "utf8"); const SCRIPT = `${read("/tmp/x")}`;'],
    ],
    good: [
      [
        "lib/faults/x.ts",
        'import { GUARD } from "./y.ts"; const CODE = 97; const APPLY = `${GUARD}exit ${CODE}` + "\\n";',
      ],
      [
        "lib/x.ts",
        'const script = (name: string) => readFileSync(new URL(`on-node/${name}.sh`, import.meta.url), "utf8");\nconst LOCK = `${script("lock")}`;',
      ],
      ["lib/x.ts", 'const KEYS = { a: 1 }; const FORMAT = `${Object.keys(KEYS).map((key) => `%{${key}}`).join(",")}`;'],
      ["clusters/x.ts", 'import { VERSIONS } from "./y.ts"; const IMAGE = `echo:${VERSIONS.echo}`;'],
      ["test/unit/x.test.ts", "const LINES = `a ${owner(1)}`;"],
    ],
  },
  {
    rule: "faultline/no-other-process",
    bad: [
      ["lib/x.ts", 'import { spawn } from "node:child_process"; spawn("x");'],
      ["clusters/x.ts", 'import { execFile } from "child_process"; execFile("x");'],
      ["cli/x.ts", 'await import("node:child_process");'],
      ["cli/x.ts", 'export { fork } from "node:child_process";'],
      ["reports/x.ts", 'require("child_process");'],
    ],
    good: [
      ["cli/cell/stoppable-process.ts", 'import { spawn } from "node:child_process"; spawn("x");'],
      ["lib/x.ts", 'import type { ChildProcess } from "node:child_process"; export type X = ChildProcess;'],
      ["test/unit/x.test.ts", 'import { spawn } from "node:child_process"; spawn("x");'],
      ["bench/x.ts", 'import { spawnSync } from "node:child_process"; spawnSync("x");'],
    ],
  },
  {
    rule: "faultline/no-shell",
    bad: [
      ["test/unit/x.test.ts", 'import { exec } from "node:child_process"; exec("ls");'],
      ["bench/x.ts", 'import { execSync as run } from "node:child_process"; run("ls");'],
      ["test/unit/x.test.ts", 'import * as processes from "node:child_process"; processes.spawn("ls");'],
      ["test/unit/x.test.ts", 'import processes from "child_process"; processes.spawn("ls");'],
      ["cli/cell/stoppable-process.ts", 'spawn("ls", [], { shell: true });'],
      ["test/unit/x.test.ts", 'spawnSync("ls", [], { "shell": "/bin/bash" });'],
      ["test/unit/x.test.ts", "const shell = true; execFile(name, [], { shell });"],
    ],
    good: [
      ["test/unit/x.test.ts", 'import { execFile, type ExecException } from "node:child_process"; execFile("ls");'],
      ["cli/cell/stoppable-process.ts", 'spawn("ls", [], { shell: false });'],
      ["lib/host/exec.ts", 'run({ shell: "/bin/bash" });'],
      ["lib/x.ts", "const { shell } = options; use(shell);"],
    ],
  },
  {
    rule: "faultline/no-wall-clock",
    bad: [
      ["lib/x.ts", "export const endsAtMs = Date.now() + 5000;"],
      ["clusters/x.ts", "wait(new Date().getTime());"],
      ["reports/x.ts", "export const ms = Date.parse(text);"],
      ["cli/x.ts", "render({ nowMs: Date.now });"],
      ["suites/dns/x.ts", "const { now } = Date; now();"],
      ["lib/x.ts", "start(performance.timeOrigin + 5);"],
      ["lib/verdict/x.ts", "new globalThis.Date();"],
    ],
    good: [
      ["lib/x.ts", "export const endsAtMs = performance.now() + 5000;"],
      ["lib/events/event-log.ts", "export const event = { atMs: Date.now() };"],
      ["lib/x.ts", "export function print(at: Date): string { return at.toISOString(); }"],
      ["lib/x.ts", "export const x = { Date: 1 };"],
      ["test/unit/x.test.ts", "Date.now();"],
    ],
  },
  {
    rule: "no-eval",
    bad: [["lib/x.ts", "eval(text);"]],
    good: [["lib/x.ts", "evaluate(text);"]],
  },
  {
    rule: "no-new-func",
    bad: [["lib/x.ts", 'new Function("a", text);']],
    good: [["lib/x.ts", "new Pattern(text);"]],
  },
];

describe("lint of scripts, processes and clocks", function () {
  this.timeout(120_000);

  for (const one of CASES) it(`${one.rule} fires on what it is for, and on nothing else`, () => expectFiring(one));
});
