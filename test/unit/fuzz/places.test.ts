import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { deleteCluster } from "../../../clusters/create/delete.ts";
import { namedMirror } from "../../../clusters/image/host-needs.ts";
import { leases } from "../../../clusters/ownership/lease.ts";
import { LABELS } from "../../../clusters/ownership/closing-rule.ts";
import { createClosedNetwork, removeClosedNetwork } from "../../../clusters/create/network.ts";
import { hostContext } from "../../../clusters/setup/host-context.ts";
import { cacheDir } from "../../../clusters/ownership/cache-dir.ts";
import { containerExec } from "../../../lib/host/container-exec.ts";
import { FaultlineError, UsageError } from "../../../lib/host/errors.ts";
import { hostExec, mustExec, NotStartedError, type Exec } from "../../../lib/host/exec.ts";
import { inspectContainer } from "../../../lib/faults/run/inspect-container.ts";
import { hostile, isPassable, PAYLOADS, removeCanary, SEED, somethingWasExecuted, STRINGS } from "./hostile.ts";
import { expectArrival, PRINT } from "./real-process.ts";
import { USUAL_SPEED } from "../../../lib/host/time-scale.ts";

/** Of those that are not run as they are. */
const EACH = STRINGS.places / 5;
const LEASES = mkdtempSync(join(tmpdir(), "faultline-fuzz-leases-"));

/** Keeps the argv and runs nothing. */
function recorder(): { readonly argvs: (readonly string[])[]; readonly exec: Exec } {
  const argvs: (readonly string[])[] = [];
  const result = { exitCode: 1, timedOut: false, stdout: "", stderr: "no such container", durationMs: 0 };
  return { argvs, exec: (argv) => (argvs.push(argv), Promise.resolve({ argv, ...result })) };
}

function refused(act: () => unknown): FaultlineError | null {
  try {
    act();
    return null;
  } catch (error) {
    expect(error).to.be.instanceOf(FaultlineError);
    return error as FaultlineError;
  }
}

/** The user's variables that a shell, libc or one of our tools reads; none of them may become or change a command. */
const VARIABLES = [
  ...[
    "TMPDIR",
    "HOME",
    "XDG_CACHE_HOME",
    "IFS",
    "PS1",
    "PS4",
    "PROMPT_COMMAND",
    "ENV",
    "BASH_ENV",
    "CDPATH",
    "GLOBIGNORE",
  ],
  ...[
    "LANG",
    "LC_ALL",
    "TERM",
    "SHELL",
    "SHELLOPTS",
    "BASHOPTS",
    "POSIXLY_CORRECT",
    "HISTFILE",
    "PWD",
    "OLDPWD",
    "MAIL",
  ],
  ...[
    "BASH_FUNC_printf%%",
    "BASH_FUNC_/usr/bin/printf%%",
    "ZX_SHELL",
    "ZX_PREFIX",
    "ZX_POSTFIX",
    "USER",
    "COLUMNS",
    "TZ",
  ],
];

describe(`whatever places and surroundings are called (seed ${SEED})`, function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "faultline-fuzz-places-"));
  after(() => [folder, LEASES].forEach((dir) => rmSync(dir, { recursive: true, force: true })));

  it("the canary tells when a payload is executed", async () => {
    for (const payload of PAYLOADS.slice(0, 5)) {
      await hostExec(["bash", "-c", 'eval "true $1"', "x", payload]);
      expect(somethingWasExecuted(), payload).to.equal(true);
      removeCanary();
    }
  });

  it("a container of cluster.json is refused by its name, or is one word that is no option", async () => {
    const { argvs, exec } = recorder();
    for (const name of fc.sample(hostile("faultline-x-worker", "f".repeat(64)), { numRuns: EACH, seed: SEED })) {
      await inspectContainer(exec, name);
      expect(argvs.pop()).to.deep.equal(["docker", "container", "inspect", "--", name]);
      const error = refused(() => containerExec(name, exec));
      if (error === null) {
        await containerExec(name, exec)([name, "-x"]);
        expect(argvs.pop()).to.deep.equal(["docker", "exec", name, name, "-x"]);
        expect(name).to.match(/^\w/);
      } else expect(error.message).to.include("container name");
    }
  });

  it("a cluster that a label or a file names is refused, or is one word that is no option, pattern or path", async () => {
    const { argvs, exec } = recorder();
    const inUse = leases(LEASES, () => Promise.resolve(undefined));
    for (const name of fc.sample(hostile("faultline-x0"), { numRuns: EACH, seed: SEED })) {
      const refusals: readonly unknown[] = await Promise.all([
        deleteCluster(name, { exec, stopCreators: () => 0, budgetMs: 1, intervalMs: 1 }).catch(
          (error: unknown) => error,
        ),
        removeClosedNetwork(name, exec).catch((error: unknown) => error),
        createClosedNetwork(name, { labels: { [LABELS.runDir]: name }, ipv6: true }, exec).catch(
          (error: unknown) => error,
        ),
      ]);
      const isRefused = refused(() => inUse.drop(name)) !== null;
      if (isRefused) {
        for (const error of refusals)
          expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes("cluster name");
        expect(argvs).to.deep.equal([]);
      } else expect(name).to.match(/^\w[\w-]*$/);
      argvs.length = 0;
    }
  });

  it("a cache folder is absolute, and a mirror is an address", () => {
    fc.assert(
      fc.property(hostile("/var/cache", "http://mirror.example/debian", "file:///srv/debian"), (text) => {
        const dir = cacheDir({ XDG_CACHE_HOME: text });
        expect(dir.startsWith("/") && dir.endsWith("/faultline")).to.equal(true);
        const error = refused(() => namedMirror(text));
        if (error !== null) expect(error.message).to.include("FAULTLINE_DEBIAN_MIRROR");
        else
          expect(namedMirror(text))
            .to.equal(text)
            .and.to.match(/^(https?|file):\/\S*$/);
      }),
      { numRuns: EACH, seed: SEED },
    );
  });

  it("any text at all arrives as it is, or is not started and the argument named", async () => {
    const texts = fc.sample(hostile("a"), { numRuns: STRINGS.places - 3 * EACH, seed: SEED });
    await expectArrival(texts.filter((text) => isPassable(text) && text.length < 50_000));
    const impossible = texts.filter((text) => !isPassable(text) || text.length > 131_072);
    expect(impossible).to.not.have.lengthOf(0);
    for (const text of impossible.slice(0, 100)) {
      const error = await hostExec([...PRINT, text]).then(
        () => null,
        (failure: unknown) => failure,
      );
      expect(error)
        .to.be.instanceOf(NotStartedError)
        .with.property("message")
        .that.matches(/argument 2|E2BIG/);
    }
  });

  it("variables and folders arrive as they are", async () => {
    const texts = fc
      .sample(hostile("a"), { numRuns: 400, seed: SEED })
      .filter((text) => isPassable(text) && text.length < 200);
    const env = Object.fromEntries(texts.map((text, index) => [`FUZZ_${index}`, text]));
    const { stdout } = await mustExec(hostExec, ["env", "-0"], { env });
    const seen = new Map(stdout.split("\0").map((one) => [one.split("=", 1)[0], one.slice(one.indexOf("=") + 1)]));
    for (const [name, text] of Object.entries(env)) expect(seen.get(name)).to.equal(text);
    for (const payload of PAYLOADS.slice(0, 12)) {
      const cwd = join(folder, payload);
      mkdirSync(cwd, { recursive: true });
      expect((await mustExec(hostExec, ["pwd", "-P"], { cwd })).stdout).to.equal(`${cwd}\n`);
    }
  });

  it("no variable of the user's changes a command, or is one", async () => {
    const before = { ...process.env };
    try {
      for (const payload of PAYLOADS) {
        for (const name of VARIABLES) process.env[name] = payload;
        const { stdout } = await mustExec(hostExec, [...PRINT, payload, "a b"]);
        expect(stdout).to.equal(`${payload}\0a b\0`);
      }
    } finally {
      for (const name of VARIABLES) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[name];
      }
    }
  });

  it("a tool in a folder of PATH that looks like code is run from there", async () => {
    const before = process.env["PATH"];
    const bin = join(folder, `a b;$(x)'"\`é*`);
    mkdirSync(bin);
    writeFileSync(join(bin, "kind"), "#!/bin/sh\nprintf '%s' \"$0\"\n");
    chmodSync(join(bin, "kind"), 0o755);
    try {
      process.env["PATH"] = `${PAYLOADS.join(":")}:${bin}:${before}`;
      const found = await hostContext({ timeScale: USUAL_SPEED }).which("kind");
      expect(found).to.equal(join(bin, "kind"));
      expect((await mustExec(hostExec, [found ?? "", "version"])).stdout).to.equal(found);
    } finally {
      process.env["PATH"] = before;
    }
  });

  it("nothing was executed by all that", () => {
    expect(somethingWasExecuted()).to.equal(false);
  });
});
