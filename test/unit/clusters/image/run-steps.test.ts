import { expect } from "chai";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Step } from "../../../../clusters/image/recipe.ts";
import { pruneCache } from "../../../../clusters/image/prune-cache.ts";
import { ImageBuildError, runSteps, type StepProgress } from "../../../../clusters/image/run-steps.ts";
import type { Exec } from "../../../../lib/host/exec.ts";

/** Runs `write FILE` by writing it, `fail` by failing, `hang` until the signal aborts. */
function fakeExec(ran: string[]): Exec {
  return async (argv, options = {}) => {
    // Behind with-times and its file.
    const [program = "", file = ""] = argv.slice(2);
    ran.push(argv.slice(2).join(" "));
    options.onLine?.(`line of ${program}`);
    if (program === "write") writeFileSync(file, "content");
    if (program === "hang")
      await new Promise<void>((resolve) => options.signal?.addEventListener("abort", () => resolve()));
    options.signal?.throwIfAborted();
    const exitCode = program === "fail" ? 7 : 0;
    return { argv, exitCode, timedOut: false, stdout: "", stderr: exitCode ? "it broke" : "", durationMs: 1 };
  };
}

const step = (name: string, needs: readonly string[], ...programs: readonly string[]): Step => ({
  name,
  needs,
  what: name,
  expectedS: 1,
  inputs: [],
  settings: null,
  commands: ({ out }) => programs.map((program) => ({ argv: [program, join(out, "file")] })),
});

describe("running the node image's steps", () => {
  let cacheDir = "";
  beforeEach(() => (cacheDir = mkdtempSync(join(tmpdir(), "faultline-image-"))));
  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

  const key = "0".repeat(64);
  const build = (steps: readonly Step[], ran: string[], seen: StepProgress[] = [], signal?: AbortSignal) => ({
    steps,
    keys: new Map(steps.map(({ name }) => [name, key])),
    keysNow: () => Promise.resolve(new Map(steps.map(({ name }) => [name, key]))),
    cacheDir,
    paths: { source: (path: string) => path, mirror: "", tag: "" },
    exec: fakeExec(ran),
    progress: (progress: StepProgress) => void seen.push(progress),
    signal,
  });
  const results = () => readdirSync(cacheDir).filter((name) => name !== "log");

  it("runs each step once, after those it needs, and then finds it in the cache", async () => {
    const [ran, seen]: [string[], StepProgress[]] = [[], []];
    const steps = [step("a", [], "write"), step("b", ["a"], "write")];
    await runSteps(build(steps, ran, seen));
    expect(seen.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      "a started",
      "a done",
      "b started",
      "b done",
    ]);
    expect(seen[2]).to.include({ index: 2, total: 2, expectedS: 1 });
    expect(existsSync(join(cacheDir, `b-${key}`, "file"))).to.equal(true);
    const again: StepProgress[] = [];
    await runSteps(build(steps, ran, again));
    expect(again.map(({ state }) => state)).to.deep.equal(["cached", "cached"]);
    expect(ran).to.have.lengthOf(2);
  });

  it("names the step, command and last line of a failure, keeps the log, and leaves nothing a later run would trust", async () => {
    const error = await runSteps(build([step("a", [], "write", "fail"), step("b", ["a"], "write")], [])).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ImageBuildError).with.property("exitCode", 4);
    expect((error as ImageBuildError).message).to.match(/step a failed \(exit 7\): fail .*\nit broke$/);
    expect((error as ImageBuildError).nextStep).to.include(join(cacheDir, "log", "a.log"));
    expect(readFileSync(join(cacheDir, "log", "a.log"), "utf8")).to.include("line of fail");
    expect(results()).to.deep.equal([]);
  });

  it("stops the other step when one fails, and tells of the one that failed", async () => {
    const error = await runSteps(build([step("slow", [], "hang"), step("a", [], "fail")], [])).catch(
      (reason: unknown) => reason,
    );
    expect((error as Error).message).to.include("step a failed");
    expect(results()).to.deep.equal([]);
  });

  it("does not keep a result under a key that its inputs no longer have", async () => {
    const changed = { ...build([step("a", [], "write")], []), keysNow: () => Promise.resolve(new Map([["a", "new"]])) };
    const error = await runSteps(changed).catch((reason: unknown) => reason);
    expect((error as Error).message).to.include("input of step a changed");
    expect(results()).to.deep.equal([]);
  });

  it("ends with the caller's reason when aborted", async () => {
    const controller = new AbortController();
    const running = runSteps(build([step("slow", [], "hang")], [], [], controller.signal)).catch(
      (reason: unknown) => reason,
    );
    setTimeout(() => controller.abort(new Error("interrupted")), 20);
    expect(await running).to.have.property("message", "interrupted");
    expect(results()).to.deep.equal([]);
  });

  it("runs two side by side and no more", async () => {
    let [now, most] = [0, 0];
    const counting: Exec = async (argv) => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
      now -= 1;
      return { argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1 };
    };
    const steps = ["a", "b", "c", "d", "e"].map((name) => step(name, [], "write"));
    await runSteps({ ...build(steps, []), exec: counting });
    expect(most).to.equal(2);
  });

  it("starts first the step with the longest work behind it", async () => {
    const ran: string[] = [];
    const short = { ...step("short", [], "write"), expectedS: 5 };
    const first = { ...step("first", [], "write"), expectedS: 1 };
    const other = { ...step("other", [], "write"), expectedS: 2 };
    const last = { ...step("last", ["first"], "write"), expectedS: 9 };
    const order: string[] = [];
    const seen = ({ name, state }: StepProgress) => {
      if (state === "started") order.push(name);
    };
    await runSteps({ ...build([other, short, first, last], ran), progress: seen });
    expect(order.slice(0, 2)).to.deep.equal(["first", "short"]);
    expect(order).to.have.lengthOf(4);
  });

  it("tells of a step that is running until it is done, and resolves to its times", async () => {
    const seen: StepProgress[] = [];
    const slow: Exec = async (argv) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      writeFileSync(argv[1] ?? "", "0m0.000s 0m0.000s\n1m2.500s 0m0.250s\n");
      return { argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1 };
    };
    const times = await runSteps({ ...build([step("a", [], "write")], [], seen), exec: slow, reportEveryMs: 5 });
    expect(seen.map(({ state }) => state).join(" ")).to.match(/^started( running)+ done$/);
    expect(seen.find(({ state }) => state === "running")?.durationMs).to.be.within(1, 60);
    expect(times).to.have.lengthOf(1);
    expect(times[0]).to.include({ name: "a", cpuMs: 62_750 });
  });

  const dayMs = 24 * 60 * 60_000;
  const result = (name: string, digit: number, agoMs: number) => {
    const entry = `${name}-${String(digit).repeat(64)}`;
    mkdirSync(join(cacheDir, entry));
    utimesSync(join(cacheDir, entry), new Date(Date.now() - agoMs), new Date(Date.now() - agoMs));
    return entry;
  };

  it("prunes what dead processes left half-made, and nothing of others", async () => {
    const steps = [step("a", [], "write")];
    await runSteps(build(steps, []));
    const kept = [`a-${key}.tmp-${process.pid}`, "somebody-elses", `a-b-${"1".repeat(64)}`, "a-not-a-key"];
    for (const name of [...kept, `a-${key}.tmp-999999999`]) writeFileSync(join(cacheDir, name), "");
    await pruneCache(build(steps, []));
    expect(results().sort()).to.deep.equal([`a-${key}`, ...kept].sort());
  });

  it("keeps what other checkouts have used of late, and not without end", async () => {
    const steps = [step("a", [], "write"), step("a-b", [], "write")];
    await runSteps(build(steps, []));
    const present = [`a-${key}`, `a-b-${key}`];
    const kept = [result("a", 1, dayMs), result("a", 2, 2 * dayMs), result("a-b", 1, 13 * dayMs)];
    result("a", 3, 3 * dayMs);
    result("a-b", 2, 15 * dayMs);
    await pruneCache(build(steps, []));
    expect(results().sort()).to.deep.equal([...present, ...kept].sort());
  });

  it("counts a result that is taken from the cache as used", async () => {
    const steps = [step("a", [], "write")];
    const entry = result("a", 0, 30 * dayMs);
    await runSteps(build(steps, []));
    await pruneCache({ ...build(steps, []), keys: new Map([["a", "2".repeat(64)]]) });
    expect(results()).to.deep.equal([entry]);
  });
});
