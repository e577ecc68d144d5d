import { expect } from "chai";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock, acquire, release } from "../../../../clusters/ownership/lock.ts";
import { leases } from "../../../../clusters/ownership/lease.ts";
import type { OwnerState } from "../../../../clusters/ownership/owner.ts";
import { PreflightError, UsageError } from "../../../../lib/host/errors.ts";

const states =
  (table: Readonly<Record<string, OwnerState>>) =>
  (mark: string): Promise<OwnerState> =>
    Promise.resolve(table[mark] ?? "lives");

describe("a lock file", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-lock-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const path = () => join(dir, "in-use", "it");

  it("is created once, whole, and gives the second process the holder's text", async () => {
    expect(await acquire(path(), "one\nmore", states({}))).to.equal(null);
    expect(await acquire(path(), "two", states({}))).to.equal("one\nmore");
    expect(readFileSync(path(), "utf8")).to.equal("one\nmore");
    expect(readdirSync(join(dir, "in-use"))).to.deep.equal(["it"]);
  });

  it("is taken over from an owner that is gone, not from an unseen one", async () => {
    await acquire(path(), "dead", states({}));
    expect(await acquire(path(), "two", states({ dead: "unseen" }))).to.equal("dead");
    expect(await acquire(path(), "two", states({ dead: "gone" }))).to.equal(null);
    expect(readFileSync(path(), "utf8")).to.equal("two");
    expect(readdirSync(join(dir, "in-use"))).to.deep.equal(["it"]);
  });

  it("goes to exactly one of many processes that find a dead owner's file at once", async () => {
    for (let round = 0; round < 50; round += 1) {
      rmSync(join(dir, "in-use"), { recursive: true, force: true });
      await acquire(path(), "dead", states({}));
      // Each takes a different number of turns to learn the owner's state, so that they meet at every point.
      const stateOf = async (mark: string): Promise<OwnerState> => {
        for (let turn = Math.floor(Math.random() * 5); turn > 0; turn -= 1) await Promise.resolve();
        return mark === "dead" ? "gone" : "lives";
      };
      const outcomes = await Promise.all(["a", "b", "c", "d", "e"].map((who) => acquire(path(), who, stateOf)));
      const winners = ["a", "b", "c", "d", "e"].filter((_, index) => outcomes[index] === null);
      expect(winners, `round ${round}`).to.deep.equal([readFileSync(path(), "utf8")]);
    }
  });

  it("is left to the process that is taking it over", async () => {
    await acquire(path(), "dead", states({}));
    writeFileSync(`${path()}~`, "quicker");
    expect(await acquire(path(), "three", states({ dead: "gone" }))).to.equal("quicker");
    expect([readFileSync(path(), "utf8"), readFileSync(`${path()}~`, "utf8")]).to.deep.equal(["dead", "quicker"]);
  });

  it("is taken over even if an earlier process died while taking it over", async () => {
    await acquire(path(), "dead", states({}));
    writeFileSync(`${path()}~`, "dead too");
    expect(await acquire(path(), "three", states({ dead: "gone", "dead too": "gone" }))).to.equal(null);
    expect(readFileSync(path(), "utf8")).to.equal("three");
  });

  it("is released by its maker only", async () => {
    await acquire(path(), "one", states({}));
    release(path(), "two");
    expect(existsSync(path())).to.equal(true);
    release(path(), "one");
    expect(existsSync(path())).to.equal(false);
  });
});

describe("withLock", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-lock-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const locking = (budgetMs: number) => ({ dir, budgetMs, say: () => undefined });

  it("runs one process's work at a time, and the next one after a failure", async () => {
    const log: string[] = [];
    const said: string[] = [];
    let second: Promise<void> = Promise.resolve();
    const first = withLock("it", locking(10_000), async () => {
      const waited = new Promise<void>((resolve) => {
        const say = (line: string) => {
          said.push(line);
          resolve();
        };
        second = withLock("it", { ...locking(10_000), say }, () => Promise.resolve(void log.push("second in")));
      });
      await waited;
      log.push("first out");
      throw new Error("it failed");
    });
    const [outcome] = await Promise.allSettled([first]);
    await second;
    expect(outcome).to.include({ status: "rejected" });
    expect(log).to.deep.equal(["first out", "second in"]);
    expect(said).to.deep.equal([`waiting for process ${process.pid}, which holds the lock it`]);
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it("gives up waiting after its budget, and names the file to remove", async () => {
    const error = await withLock("it", locking(10_000), () =>
      withLock("it", locking(20), () => Promise.resolve()).catch((reason: unknown) => reason),
    );
    expect(error).to.be.instanceOf(PreflightError);
    expect((error as PreflightError).nextStep).to.include(join(dir, "it"));
  });

  it("stops waiting when its signal aborts", async () => {
    const stop = new AbortController();
    const error = await withLock("it", locking(10_000), async () => {
      const waiting = withLock("it", { ...locking(10_000), signal: stop.signal }, () => Promise.resolve());
      stop.abort(new Error("interrupted"));
      return await waiting.catch((reason: unknown) => reason);
    });
    expect(error).to.have.property("message", "interrupted");
  });

  it("takes over the lock of a holder that was killed", async () => {
    const lock = new URL("../../../../clusters/ownership/lock.ts", import.meta.url).href;
    const script = `import { withLock } from ${JSON.stringify(lock)};
      await withLock("it", { dir: process.argv[1], say: () => {}, budgetMs: 1000 }, () => {
        console.log("in");
        return new Promise(() => setTimeout(() => {}, 60000));
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script, dir]);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    expect(existsSync(join(dir, "it"))).to.equal(true);
    expect(await withLock("it", locking(5_000), () => Promise.resolve("done"))).to.equal("done");
  });
});

describe("leases", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-lease-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const readText = (path: string) => Promise.resolve(existsSync(path) ? readFileSync(path, "utf8") : undefined);
  const GONE = "999999999";
  const here = () => leases(dir, readText);

  it("belong to one user at a time, and name their run", async () => {
    const mine = here();
    await mine.take("c", String(process.pid), "/runs/1");
    expect(await here().isTaken("c")).to.equal(true);
    const error = await here()
      .take("c", String(process.pid), "/runs/2")
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UsageError);
    const [lease, ...others] = await here().all();
    expect(lease).to.include({ cluster: "c", owner: String(process.pid), runDir: "/runs/1" });
    expect(others).to.deep.equal([]);
    here().release("c");
    expect(await here().isTaken("c"), "only the object that took it releases it").to.equal(true);
    mine.release("c");
    expect(await here().all()).to.deep.equal([]);
    expect(await here().isTaken("c")).to.equal(false);
  });

  it("of dead owners are free to take, and listed until then", async () => {
    await here().take("c", GONE, "/runs/1");
    expect(await here().isTaken("c")).to.equal(false);
    expect((await here().all()).map(({ owner }) => owner)).to.deep.equal([GONE]);
    await here().take("c", String(process.pid), "/runs/2");
    expect((await here().all()).map(({ runDir }) => runDir)).to.deep.equal(["/runs/2"]);
  });

  it("are ordered by the time that living owners took them, the same for every process", async () => {
    const mine = String(process.pid);
    const at = (cluster: string, seconds: number) => utimesSync(join(dir, "in-use", cluster), seconds, seconds);
    for (const [cluster, owner, seconds] of [
      ["first", mine, 100],
      ["dead", GONE, 150],
      ["b", mine, 200],
      ["a", mine, 200],
      ["last", mine, 300],
    ] as const) {
      await here().take(cluster, owner, "");
      at(cluster, seconds);
    }
    expect(await here().ahead("first")).to.deep.equal([]);
    expect(await here().ahead("a")).to.deep.equal(["first"]);
    expect(await here().ahead("b")).to.deep.equal(["first", "a"]);
    expect(await here().ahead("last")).to.deep.equal(["first", "a", "b"]);
  });

  it("can be dropped, and the list may be empty", async () => {
    expect(await here().all()).to.deep.equal([]);
    await here().take("c", GONE, "");
    for (const other of ["c~", "c.1234", "-x", "NotOurs"]) writeFileSync(join(dir, "in-use", other), GONE);
    expect((await here().all()).map(({ cluster }) => cluster)).to.deep.equal(["c"]);
    here().drop("c");
    expect(await here().all()).to.deep.equal([]);
  });
});
