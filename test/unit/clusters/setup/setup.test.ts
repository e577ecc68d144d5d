import { expect } from "chai";
import { PassThrough } from "node:stream";
import { isYes, terminalAsk } from "../../../../clusters/setup/ask.ts";
import type { Check, MachineFinding } from "../../../../clusters/setup/check.ts";
import { fixable, missing, ok, warning } from "../../../../clusters/setup/check.ts";
import { renderDoctor } from "../../../../clusters/setup/render.ts";
import { doctor, fixPolicy, setUp } from "../../../../clusters/setup/setup.ts";
import { PreflightError } from "../../../../lib/host/errors.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { missingPackages } from "../../../../clusters/setup/distribution.ts";
import { rejection } from "../../../fixtures/faults/rejection.ts";
import { fakeContext } from "./fake-context.ts";

const context = fakeContext();

/** A check with a given finding. */
function check(id: string, find: () => MachineFinding): Check {
  return { id, what: `a ${id}`, why: "a test needs it", find: () => Promise.resolve(find()) };
}

/** A check that is missing until its fix has run; `log` gets its id at that point. */
function missingUntilFixed(id: string, log: string[], works = true): Check {
  let fine = false;
  const run = (): Promise<void> => {
    log.push(id);
    fine = works;
    return Promise.resolve();
  };
  return check(id, () => (fine ? ok("there") : fixable("not there", `bring ${id}`, run)));
}

async function failureOf(promise: Promise<unknown>): Promise<PreflightError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(PreflightError);
  return error as PreflightError;
}

describe("set-up", () => {
  it("prefers --yes to a question, and a question to a refusal", () => {
    const ask = () => Promise.resolve(true);
    expect(fixPolicy({ yes: true, ask })).to.equal("yes");
    expect(fixPolicy({ yes: false, ask })).to.equal("ask");
    expect(fixPolicy({ yes: false })).to.equal("refuse");
  });

  it("applies fixes in the order of the list with --yes", async () => {
    const log: string[] = [];
    const checks = [
      missingUntilFixed("first", log),
      check("fine", () => ok("there")),
      missingUntilFixed("second", log),
    ];
    const findings = await setUp({ context, yes: true, checks });
    expect(log).to.deep.equal(["first", "second"]);
    expect(findings.map(({ finding }) => finding.state)).to.deep.equal(["ok", "ok", "ok"]);
  });

  it("applies fixes under a lock, and checks again once it has the lock", async () => {
    const log: string[] = [];
    let isFixed = false;
    const finding = fixable("not there", "bring it", () => Promise.resolve(void log.push("fixed twice")));
    const byAnother = fakeContext({
      withLock: async (work) => {
        log.push("waited");
        isFixed = true;
        return await work();
      },
    });
    const findings = await setUp({
      context: byAnother,
      yes: true,
      checks: [check("it", () => (isFixed ? ok("there") : finding))],
    });
    expect(log).to.deep.equal(["waited"]);
    expect(findings[0]?.finding.state).to.equal("ok");
    await setUp({ context: byAnother, yes: true, checks: [check("fine", () => ok("there"))] });
    expect(log, "without a problem there is no wait").to.deep.equal(["waited"]);
  });

  it("lists everything that is missing, with commands, and changes nothing without permission", async () => {
    const log: string[] = [];
    const checks = [missingUntilFixed("first", log), missingUntilFixed("second", log)];
    const error = await failureOf(setUp({ context, yes: false, checks }));
    expect(error.message).to.include("run: bring first").and.to.include("run: bring second");
    expect(error.nextStep).to.include("--yes");
    expect(error.exitCode).to.equal(4);
    expect(log).to.deep.equal([]);
  });

  it("changes nothing, even with --yes, when one fix needs a person", async () => {
    const log: string[] = [];
    const checks = [missingUntilFixed("first", log), check("hand", () => missing("too old", "upgrade it"))];
    const error = await failureOf(setUp({ context, yes: true, checks }));
    expect(error.message).to.include("run: upgrade it");
    expect(error.nextStep).not.to.include("--yes");
    expect(log).to.deep.equal([]);
  });

  it("asks for each fix on a terminal, and stops at the first no", async () => {
    const log: string[] = [];
    const checks = [missingUntilFixed("first", log), missingUntilFixed("second", log)];
    const ask = (question: string) => Promise.resolve(question.startsWith("first"));
    const error = await failureOf(setUp({ context, yes: false, ask, checks }));
    expect(log).to.deep.equal(["first"]);
    expect(error.message).to.include("second");
  });

  it("fails when a fix leaves its check missing", async () => {
    const error = await failureOf(setUp({ context, yes: true, checks: [missingUntilFixed("stubborn", [], false)] }));
    expect(error.message).to.include("stubborn: not there");
  });

  it("names the check and the manual command when a fix fails", async () => {
    const run = () => Promise.reject(new Error("no route to host"));
    const error = await failureOf(
      setUp({ context, yes: true, checks: [check("kind", () => fixable("not there", "get kind", run))] }),
    );
    expect(error.message).to.equal("kind could not be fixed: no route to host");
    expect(error.nextStep).to.equal("try by hand: get kind");
  });

  it("checks again before each fix: an earlier fix may have solved it", async () => {
    const log: string[] = [];
    const second = check("second", () => (log.length > 0 ? ok("there") : fixable("not there", "x", fail)));
    await setUp({ context, yes: true, checks: [missingUntilFixed("first", log), second] });
    expect(log).to.deep.equal(["first"]);

    function fail(): Promise<void> {
      return Promise.reject(new Error("fixed without a problem"));
    }
  });

  it("rejects with the signal's reason, and applies no further fix", async () => {
    const log: string[] = [];
    const stopping = new AbortController();
    const run = () => {
      stopping.abort(new Error("interrupted"));
      return Promise.reject(new Error("go was killed"));
    };
    const checks = [check("kind", () => fixable("not there", "get kind", run)), missingUntilFixed("second", log)];
    const context = fakeContext({ signal: stopping.signal });
    expect((await rejection(setUp({ context, yes: true, checks }))).message).to.equal("interrupted");
    expect((await rejection(setUp({ context, yes: true, checks: checks.slice(1) }))).message).to.equal("interrupted");
    expect(log).to.deep.equal([]);
  });

  it("stops a package download on a signal, and never interrupts an installation", async () => {
    const heeded: string[] = [];
    const context = fakeContext({ files: { "/etc/os-release": "ID=debian\n" }, commands: ["apt-get"] });
    const exec: Exec = (argv, options) => {
      if (options?.signal === context.signal) heeded.push(argv.slice(argv.indexOf("apt-get") + 3).join(" "));
      return context.exec(argv, options);
    };
    const finding = await missingPackages({ ...context, exec }, "not found: jq", ["jq"]);
    await finding.fix?.run();
    expect(heeded).to.deep.equal(["update", "install -y --download-only jq"]);
    expect(context.ran.at(-1)).to.match(/apt-get .* install -y jq$/);
  });

  it("treats Ctrl-C at a question as a signal, not as a no", async () => {
    const stopping = new AbortController();
    const terminal = () => Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const [input, output] = [terminal(), terminal()];
    // Not the real signal: it would end the whole test process.
    const ask = terminalAsk(stopping.signal, input as never, output as never, () => stopping.abort());
    const answer = ask?.("Do this now?");
    input.write("\x03");
    expect((await rejection(answer ?? Promise.resolve())).name).to.equal("AbortError");
  });

  it("accepts only y and yes as a yes", () => {
    expect(["y", "Y", " yes\n"].every(isYes)).to.equal(true);
    expect(["", "n", "yep", "sure"].some(isYes)).to.equal(false);
  });
});

describe("doctor", () => {
  it("is ok with warnings, and not with missing checks", async () => {
    const fine = await doctor(context, [check("a", () => ok("1")), check("b", () => warning("2"))]);
    expect(fine.ok).to.equal(true);
    expect((await doctor(context, [check("a", () => missing("gone", "x"))])).ok).to.equal(false);
  });

  it("prints a symbol and a word for each check, and the fix", async () => {
    const { findings } = await doctor(context, [
      check("kernel", () => ok("6.18")),
      check("go", () => warning("not found")),
      check("docker-engine", () => fixable("not running", "dockerd &", () => Promise.resolve())),
    ]);
    expect(renderDoctor(findings)).to.equal(
      [
        "✓ ok       kernel         6.18",
        "! warning  go             not found",
        "✗ missing  docker-engine  not running",
        "                          needs a docker-engine: a test needs it",
        "                          run: dockerd & (set-up does this with --yes)",
        "",
        "1 missing, 1 warning",
        "",
      ].join("\n"),
    );
  });
});
