import { expect } from "chai";
import { PassThrough } from "node:stream";
import { isYes, terminalAsk } from "../../../../clusters/setup/ask.ts";
import type { Check, HostFinding } from "../../../../clusters/setup/check.ts";
import { fixable, missing, ok, warning } from "../../../../clusters/setup/check.ts";
import { renderDoctor } from "../../../../clusters/setup/render.ts";
import { doctor, fixPolicy, setUp } from "../../../../clusters/setup/setup.ts";
import { PreflightError } from "../../../../lib/host/errors.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { missingPackages } from "../../../../clusters/setup/distribution.ts";
import { rejection } from "../../../fixtures/faults/rejection.ts";
import { fakeContext } from "./fake-context.ts";

const context = fakeContext();

/** A check that finds what it is told to. */
function check(id: string, find: () => HostFinding): Check {
  return { id, what: `a ${id}`, why: "a test needs it", find: () => Promise.resolve(find()) };
}

/** A check that is missing until it is mended; `log` gets its id when that happens. */
function brokenUntilMended(id: string, log: string[], mends = true): Check {
  let fine = false;
  const run = (): Promise<void> => {
    log.push(id);
    fine = mends;
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
  it("lets --yes go before a question, and a question before a refusal", () => {
    const ask = () => Promise.resolve(true);
    expect(fixPolicy({ yes: true, ask })).to.equal("yes");
    expect(fixPolicy({ yes: false, ask })).to.equal("ask");
    expect(fixPolicy({ yes: false })).to.equal("refuse");
  });

  it("mends in the order of the list with --yes", async () => {
    const log: string[] = [];
    const checks = [
      brokenUntilMended("first", log),
      check("fine", () => ok("there")),
      brokenUntilMended("second", log),
    ];
    const findings = await setUp({ context, yes: true, checks });
    expect(log).to.deep.equal(["first", "second"]);
    expect(findings.map(({ finding }) => finding.state)).to.deep.equal(["ok", "ok", "ok"]);
  });

  it("mends while no other process does, and looks again once it is alone", async () => {
    const log: string[] = [];
    let mended = false;
    const mend = fixable("not there", "bring it", () => Promise.resolve(void log.push("mended twice")));
    const byAnother = fakeContext({
      withLock: async (work) => {
        log.push("waited");
        mended = true;
        return await work();
      },
    });
    const findings = await setUp({
      context: byAnother,
      yes: true,
      checks: [check("it", () => (mended ? ok("there") : mend))],
    });
    expect(log).to.deep.equal(["waited"]);
    expect(findings[0]?.finding.state).to.equal("ok");
    await setUp({ context: byAnother, yes: true, checks: [check("fine", () => ok("there"))] });
    expect(log, "nothing to mend, nobody to wait for").to.deep.equal(["waited"]);
  });

  it("lists everything that is missing, with commands, when nobody may allow it, and touches nothing", async () => {
    const log: string[] = [];
    const checks = [brokenUntilMended("first", log), brokenUntilMended("second", log)];
    const error = await failureOf(setUp({ context, yes: false, checks }));
    expect(error.message).to.include("run: bring first").and.to.include("run: bring second");
    expect(error.nextStep).to.include("--yes");
    expect(error.exitCode).to.equal(4);
    expect(log).to.deep.equal([]);
  });

  it("touches nothing, even with --yes, when one thing is for a person to do", async () => {
    const log: string[] = [];
    const checks = [brokenUntilMended("first", log), check("hand", () => missing("too old", "upgrade it"))];
    const error = await failureOf(setUp({ context, yes: true, checks }));
    expect(error.message).to.include("run: upgrade it");
    expect(error.nextStep).not.to.include("--yes");
    expect(log).to.deep.equal([]);
  });

  it("asks for each thing on a terminal, and stops at the first no", async () => {
    const log: string[] = [];
    const checks = [brokenUntilMended("first", log), brokenUntilMended("second", log)];
    const ask = (question: string) => Promise.resolve(question.startsWith("first"));
    const error = await failureOf(setUp({ context, yes: false, ask, checks }));
    expect(log).to.deep.equal(["first"]);
    expect(error.message).to.include("second");
  });

  it("does not believe a mend that mends nothing", async () => {
    const error = await failureOf(setUp({ context, yes: true, checks: [brokenUntilMended("stubborn", [], false)] }));
    expect(error.message).to.include("stubborn: not there");
  });

  it("names the check and the command by hand when a mend fails", async () => {
    const run = () => Promise.reject(new Error("no route to host"));
    const error = await failureOf(
      setUp({ context, yes: true, checks: [check("kind", () => fixable("not there", "get kind", run))] }),
    );
    expect(error.message).to.equal("kind could not be mended: no route to host");
    expect(error.nextStep).to.equal("try by hand: get kind");
  });

  it("looks again before it mends: one mend may put another thing right", async () => {
    const log: string[] = [];
    const second = check("second", () => (log.length > 0 ? ok("there") : fixable("not there", "x", fail)));
    await setUp({ context, yes: true, checks: [brokenUntilMended("first", log), second] });
    expect(log).to.deep.equal(["first"]);

    function fail(): Promise<void> {
      return Promise.reject(new Error("mended though it was fine"));
    }
  });

  it("ends with the signal's reason when it is told to stop, and mends nothing more", async () => {
    const log: string[] = [];
    const stopping = new AbortController();
    const run = () => {
      stopping.abort(new Error("interrupted"));
      return Promise.reject(new Error("go was killed"));
    };
    const checks = [check("kind", () => fixable("not there", "get kind", run)), brokenUntilMended("second", log)];
    const context = fakeContext({ signal: stopping.signal });
    expect((await rejection(setUp({ context, yes: true, checks }))).message).to.equal("interrupted");
    expect((await rejection(setUp({ context, yes: true, checks: checks.slice(1) }))).message).to.equal("interrupted");
    expect(log).to.deep.equal([]);
  });

  it("lets packages be fetched only until it is told to stop, and never cuts off their installation", async () => {
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

  it("takes Ctrl-C at a question for a signal, not for a no", async () => {
    const stopping = new AbortController();
    const terminal = () => Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const [input, output] = [terminal(), terminal()];
    // Not the signal itself: the whole of the tests would take it for theirs, and end.
    const ask = terminalAsk(stopping.signal, input as never, output as never, () => stopping.abort());
    const answer = ask?.("Do this now?");
    input.write("\x03");
    expect((await rejection(answer ?? Promise.resolve())).name).to.equal("AbortError");
  });

  it("takes only y and yes for a yes", () => {
    expect(["y", "Y", " yes\n"].every(isYes)).to.equal(true);
    expect(["", "n", "yep", "sure"].some(isYes)).to.equal(false);
  });
});

describe("doctor", () => {
  it("is content with warnings, and not with what is missing", async () => {
    const fine = await doctor(context, [check("a", () => ok("1")), check("b", () => warning("2"))]);
    expect(fine.ok).to.equal(true);
    expect((await doctor(context, [check("a", () => missing("gone", "x"))])).ok).to.equal(false);
  });

  it("prints a symbol and a word for each check, and what to do", async () => {
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
