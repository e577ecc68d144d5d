import { expect } from "chai";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOwn, keepsEntries, makeCompileCache } from "../../../cli/compile-cache.ts";

const ME = process.getuid?.();

describe("the folder of compiled code", () => {
  let home: string;
  let folder: string;
  beforeEach("make a home", () => {
    home = mkdtempSync(join(tmpdir(), "faultline-"));
    folder = join(home, ".cache", "faultline", "compile");
  });
  afterEach("remove it", () => rmSync(home, { recursive: true }));

  it("is made with its parents for its owner alone, whatever the umask", () => {
    const umask = process.umask(0o002);
    try {
      expect(makeCompileCache(folder, ME)).to.equal(true);
    } finally {
      process.umask(umask);
    }
    for (const made of [".cache", ".cache/faultline", ".cache/faultline/compile"]) {
      expect(lstatSync(join(home, made)).mode & 0o777, made).to.equal(0o700);
    }
    expect(makeCompileCache(folder, ME), "the second time").to.equal(true);
  });

  it("is not used where the group may write it", () => {
    makeCompileCache(folder, ME);
    chmodSync(folder, 0o775);
    expect(makeCompileCache(folder, ME)).to.equal(false);
  });

  it("is not used where another user made it", () => {
    makeCompileCache(folder, ME);
    expect(makeCompileCache(folder, (ME ?? 0) + 1)).to.equal(false);
  });

  it("is not used where it is a symbolic link", () => {
    mkdirSync(join(home, "elsewhere"), { mode: 0o700 });
    mkdirSync(join(home, ".cache", "faultline"), { recursive: true, mode: 0o700 });
    symlinkSync(join(home, "elsewhere"), folder);
    expect(makeCompileCache(folder, ME)).to.equal(false);
  });

  it("is not made below a folder that the group may write, directly or through a link", () => {
    const shared = join(home, "shared");
    mkdirSync(join(shared, "mine"), { recursive: true, mode: 0o700 });
    chmodSync(shared, 0o775);
    symlinkSync(join(shared, "mine"), join(home, ".cache"));
    expect(makeCompileCache(join(shared, "faultline", "compile"), ME)).to.equal(false);
    expect(makeCompileCache(folder, ME)).to.equal(false);
    expect([existsSync(join(shared, "faultline")), existsSync(join(shared, "mine", "faultline"))]).to.deep.equal([
      false,
      false,
    ]);
  });

  it("is not made where a file stands in its way, and the command goes on", () => {
    expect(makeCompileCache("/dev/null/faultline/compile", ME)).to.equal(false);
  });

  const ABOVE: readonly (readonly [name: string, uid: number, mode: number, user: number, isSafe: boolean])[] = [
    ["root's for root", 0, 0o755, 0, true],
    ["root's for a user", 0, 0o755, 1000, true],
    ["a user's for root", 1000, 0o700, 0, false],
    ["another user's", 1001, 0o755, 1000, false],
    ["writable by the group", 1000, 0o775, 1000, false],
    ["writable by all", 0, 0o777, 1000, false],
    ["writable by all, but sticky, as /tmp is", 0, 0o1777, 1000, true],
  ];
  for (const [name, uid, mode, user, isSafe] of ABOVE) {
    it(`${isSafe ? "may" : "may not"} lie below a folder that is ${name}`, () => {
      expect(keepsEntries({ uid, mode }, user)).to.equal(isSafe);
    });
  }

  it("is never shared, sticky or not", () => {
    expect([0o40700, 0o40755, 0o40770, 0o41777].map((mode) => isOwn({ uid: 0, mode }, 0))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(isOwn({ uid: 1000, mode: 0o700 }, 0)).to.equal(false);
  });
});
