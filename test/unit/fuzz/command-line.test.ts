import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { explain } from "../../../cli/commands/explain.ts";
import { keptCluster } from "../../../cli/store/kept.ts";
import { findRunDir } from "../../../cli/store/run-dir.ts";
import { selectSuites, suiteFiles } from "../../../cli/cell/suites.ts";
import { test } from "../../../cli/commands/test.ts";
import { knownCells, parseCell } from "../../../clusters/cells/cells.ts";
import { mustBeDisposable } from "../../../clusters/setup/disposable.ts";
import { hostContext } from "../../../clusters/setup/host-context.ts";
import { UsageError } from "../../../lib/host/errors.ts";
import { mustExec, hostExec } from "../../../lib/host/exec.ts";
import { hostile, isPassable, PAYLOADS, SEED, somethingWasExecuted, STRINGS } from "./hostile.ts";
import { USUAL_SPEED } from "../../../lib/host/time-scale.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const files = suiteFiles();
const cells = knownCells().map((cell) => JSON.stringify(cell));

interface Option {
  /** What the command line does with a text before anything else. */
  readonly read: (text: string) => unknown;
  readonly isOurs: (read: unknown) => boolean;
  /** A refusal that names it. */
  readonly named: RegExp;
  /** Of all strings; those that look at the disk get few. */
  readonly share: number;
}

const isSuites = (found: unknown) => (found as string[]).every((file) => files.includes(file));
const OPTIONS: Readonly<Record<string, Option>> = {
  "a filter": {
    read: (text) => selectSuites([text], files),
    isOurs: isSuites,
    named: /^no suite matches/,
    share: 0.45,
  },
  "--cell": { read: parseCell, isOurs: (cell) => cells.includes(JSON.stringify(cell)), named: /^cell "/, share: 0.45 },
  "--cluster": { read: keptCluster, isOurs: () => false, named: /^cluster "/, share: 0.02 },
  "--run": {
    read: findRunDir,
    isOurs: (dir) => existsSync(join(String(dir), "run.json")),
    named: /^run "/,
    share: 0.08,
  },
};

describe(`whatever is typed (seed ${SEED})`, function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "faultline-fuzz-launcher-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, { read, isOurs, named, share }] of Object.entries(OPTIONS)) {
    it(`${name} is one of those known, or is refused by its name`, () => {
      const check = (text: string): void => {
        let found: unknown;
        try {
          found = read(text);
        } catch (error) {
          expect(error).to.be.instanceOf(UsageError).with.property("message").that.matches(named);
          expect((error as Error).message).to.include(text);
          return;
        }
        expect(isOurs(found), JSON.stringify(text)).to.equal(true);
      };
      const right = ["services", "services/no-endpoints", "flannel", "flannel/nftables", "latest"];
      fc.assert(fc.property(hostile(...right), check), {
        numRuns: Math.round(STRINGS.commandLine * share),
        seed: SEED,
      });
    });
  }

  it("a glob of many stars is answered at once", () => {
    expect(() => selectSuites([`${"*".repeat(200)}x${"*".repeat(200)}!`], files)).to.throw(UsageError);
    expect(() => selectSuites([`${"*e".repeat(100)}!`], files)).to.throw(UsageError);
  });

  it("a layer of tests and an id to explain are refused by their names", async () => {
    for (const text of PAYLOADS) {
      for (const running of [test({ only: [text], all: false, rotation: undefined }), explain(text)]) {
        const error: unknown = await running.then(
          () => null,
          (failure: unknown) => failure,
        );
        expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes(text);
      }
    }
  });

  it("a part of the rotation that does not exist is refused before anything is set up", async () => {
    for (const asked of [
      { all: false, rotation: 99 },
      { all: true, rotation: 1 },
    ] as const) {
      const error: unknown = await test({ only: [], ...asked }).catch((failure: unknown) => failure);
      expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes("rotation");
    }
  });

  it("the launcher hands its arguments to Node as they are, whatever the checkout and TMPDIR are called", async () => {
    // The launcher alone, with a Node that prints its arguments.
    const checkout = join(folder, `a b;$(x)'"\`é*`);
    mkdirSync(join(checkout, "node_modules", ".bin"), { recursive: true });
    copyFileSync(join(ROOT, "faultline"), join(checkout, "faultline"));
    writeFileSync(join(checkout, "package-lock.json"), "{}\n");
    const { stdout: sum } = await mustExec(hostExec, [
      "sh",
      "-c",
      'cksum <"$1"',
      "x",
      join(checkout, "package-lock.json"),
    ]);
    writeFileSync(join(checkout, "node_modules", ".faultline-stamp"), sum);
    const node = join(checkout, "node_modules", ".bin", "node");
    writeFileSync(node, '#!/bin/sh\nif [ "$1" = --version ]; then echo v24.0.0; else printf "%s\\0" "$@"; fi\n');
    chmodSync(node, 0o755);
    const texts = [...PAYLOADS, ...fc.sample(hostile("run"), { numRuns: 1000, seed: SEED })].filter(
      (text) => isPassable(text) && text.length < 400,
    );
    const env = {
      PATH: `${join(checkout, "node_modules", ".bin")}:/usr/bin:/bin`,
      TMPDIR: PAYLOADS[0],
      HOME: PAYLOADS[1],
    };
    const { stdout } = await promisify(execFile)(join(checkout, "faultline"), texts, { env, maxBuffer: 2 ** 24 });
    const flags = ["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning", join(checkout, "cli/main.ts")];
    expect(stdout.split("\0").slice(0, -1)).to.deep.equal([...flags, ...texts]);
  });

  it("the command line itself refuses it with exit 3 and says which", async () => {
    const [payload = ""] = fc.sample(fc.constantFrom(...PAYLOADS), { numRuns: 1, seed: SEED });
    const calls = [
      ["run", "--reporter=constructor"],
      ["run", `--ready-timeout=${payload}`],
      ["plan", `--cell=${payload}`],
      ["heal", `--run=${payload}`],
    ];
    const main = [process.execPath, "--disable-warning=ExperimentalWarning", join(ROOT, "cli/main.ts")];
    // Without any tool: a command that is not refused for its arguments ends at a missing tool, and never makes
    // anything.
    const env = { PATH: folder, XDG_CACHE_HOME: folder };
    const ends = await Promise.all(calls.map((call) => hostExec([...main, ...call], { env })));
    for (const { argv, exitCode, stderr } of ends) {
      expect(exitCode, argv.join(" ") + stderr).to.equal(3);
      expect(stderr).to.include(argv.at(-1)?.replace(/^--[a-z-]+=/, ""));
    }
  });

  it("--allow-host-wide is refused with exit 4 where the machine is not marked, before anything is made", async () => {
    const { readText } = hostContext({ timeScale: USUAL_SPEED });
    const refusal = await mustBeDisposable(readText).then(
      () => null,
      (error: unknown) => error as Error,
    );
    const env = { PATH: folder, XDG_CACHE_HOME: folder };
    for (const command of ["run", "selfcheck"]) {
      const argv = [process.execPath, "--disable-warning=ExperimentalWarning", join(ROOT, "cli/main.ts"), command];
      const { exitCode, stderr } = await hostExec([...argv, "--allow-host-wide"], { env });
      // A marked machine is refused as well, for want of tools: only the reason is another.
      expect(exitCode, stderr).to.equal(4);
      expect(stderr).to.include(refusal?.message ?? "next:");
    }
  });

  it("nothing was executed by all that", () => {
    expect(somethingWasExecuted()).to.equal(false);
  });
});
