import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseCell } from "../../../../clusters/cells/cells.ts";
import { MATRIX_CELLS } from "../../../../cli/own-tests/cells.ts";
import {
  cellGroup,
  groupTitle,
  NIGHTLY_GROUPS,
  nightlyGroup,
  type NightlyGroup,
  type NightlyId,
} from "../../../../cli/own-tests/nightly-groups.ts";
import {
  commitAt,
  partOfCommit,
  partsOf,
  PART_MINUTES,
  rotationLines,
  rotationOf,
  type RotationOptions,
} from "../../../../cli/own-tests/rotation.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import { hostExec, mustExec } from "../../../../lib/host/exec.ts";

const TEST = fileURLToPath(new URL("../../..", import.meta.url));
const COMMIT = "4cba16e97d3f6fb8c2f1d7f9b40a4e3a0a8e2c11";
const COUNT = partsOf().length;

describe("the groups of nightly tests", () => {
  it("are each taken by one file of tests, and each name in a test is one of them", () => {
    const files = ["e2e", "e2e/last"].flatMap((dir) =>
      readdirSync(join(TEST, dir)).flatMap((name) => (name.endsWith(".test.ts") ? [join(TEST, dir, name)] : [])),
    );
    const named = files.flatMap((file) => {
      const found = [...readFileSync(file, "utf8").matchAll(/\bnightly\("([^"]+)"/g)].map(([, id]) => id ?? "");
      return [...new Set(found)];
    });
    const own = [...NIGHTLY_GROUPS.keys()].filter((id) => !id.startsWith("cell "));
    expect(named.sort()).to.deep.equal(own.sort());
  });

  it("have one for each cell of the matrix that the default set lacks", () => {
    const cells = [...NIGHTLY_GROUPS.keys()].filter((id) => id.startsWith("cell "));
    expect(cells).to.deep.equal(MATRIX_CELLS.filter(({ byDefault }) => !byDefault).map(({ cell }) => cellGroup(cell)));
    expect(() => nightlyGroup("cell none/such")).to.throw('no group of nightly tests is called "cell none/such"');
  });

  it("name cells that exist", () => {
    for (const { cell } of NIGHTLY_GROUPS.values()) if (cell !== undefined) parseCell(cell);
  });
});

describe("the parts of a rotation", () => {
  const minutesOf = (ids: readonly NightlyId[]) => ids.reduce((sum, id) => sum + nightlyGroup(id).minutes, 0);

  it("hold each group that fits into the budget once, none more than the budget", () => {
    const fitting = [...NIGHTLY_GROUPS].filter(([, { minutes }]) => minutes <= PART_MINUTES).map(([id]) => id);
    expect(partsOf().flat().sort()).to.deep.equal(fitting.sort());
    for (const part of partsOf()) expect(minutesOf(part)).to.be.within(1, PART_MINUTES);
  });

  it("hold the ipvs cell, and neither the kernel lane's own tests nor the mutants of every suite", () => {
    const rotating = partsOf().flat();
    expect(rotating).to.include("ipvs");
    expect(rotating).to.not.include.members(["kernel-lane"]);
    expect(rotating).to.not.include.members(["all-mutants"]);
  });

  it("do not depend on the order of the groups", () => {
    expect(partsOf(new Map([...NIGHTLY_GROUPS].toReversed()))).to.deep.equal(partsOf());
  });

  it("are filled with the longest groups first, each into the first part with room, equals by name", () => {
    const group = (minutes: number): NightlyGroup => ({ what: "", minutes });
    const groups = new Map<NightlyId, NightlyGroup>([
      ["cell b", group(3)],
      ["cell e", group(1)],
      ["cell d", group(2)],
      ["cell a", group(3)],
      ["cell c", group(5)],
      ["cell f", group(6)],
    ]);
    expect(partsOf(groups, 5)).to.deep.equal([["cell c"], ["cell a", "cell d"], ["cell b", "cell e"]]);
  });
});

describe("the part of a commit", () => {
  it("is its hash modulo the number of parts, from 1", () => {
    expect(partOfCommit("0".repeat(40), 7)).to.equal(1);
    expect(partOfCommit(`${"0".repeat(39)}d`, 7)).to.equal(7);
    // 2 ** 160 - 1, beyond what a double tells apart.
    expect(partOfCommit("f".repeat(40), 7)).to.equal(Number((2n ** 160n - 1n) % 7n) + 1);
  });
});

describe("commitAt", () => {
  let root = "";
  beforeEach("make a folder", () => {
    root = mkdtempSync(join(tmpdir(), "faultline-commit-"));
  });
  afterEach("remove it", () => rmSync(root, { recursive: true }));

  it("is the commit of a checkout", async () => {
    const git = (...argv: readonly string[]) => mustExec(hostExec, ["git", "-C", root, ...argv]);
    const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    await git("init", "--quiet");
    await git(...author, "commit", "--quiet", "--allow-empty", "--message", "test: begin");
    expect(await commitAt(root, hostExec)).to.equal((await git("rev-parse", "HEAD")).stdout.trim());
  });

  it("is null without a checkout, also below one, and in one without a commit", async () => {
    await mustExec(hostExec, ["git", "-C", root, "init", "--quiet"]);
    expect(await commitAt(root, hostExec)).to.equal(null);
    mkdirSync(join(root, "unpacked"));
    expect(await commitAt(join(root, "unpacked"), hostExec)).to.equal(null);
  });
});

describe("rotationOf", () => {
  const asked = (options: Partial<RotationOptions>) =>
    rotationOf({ choice: "by-commit", commit: COMMIT, always: [], obstacle: () => Promise.resolve(null), ...options });

  it("takes the commit's part, the same each time", async () => {
    const part = partOfCommit(COMMIT, COUNT);
    const rotation = await asked({});
    expect(rotation).to.deep.equal({
      told: `part ${part} of ${COUNT}, by commit 4cba16e97d3f`,
      run: partsOf()[part - 1],
      without: {},
    });
    expect(await asked({})).to.deep.equal(rotation);
  });

  it("takes part 1 where no commit is known, and says so", async () => {
    const { told, run } = await asked({ commit: null });
    expect(told).to.equal(`part 1 of ${COUNT}, as no commit is known: no git checkout, or git cannot read it`);
    expect(run).to.deep.equal(partsOf()[0]);
  });

  it("takes the part that is asked for, or none, and refuses one that does not exist", async () => {
    expect(await asked({ choice: COUNT })).to.deep.include({ run: partsOf()[COUNT - 1] });
    expect(await asked({ choice: "none" })).to.deep.include({ told: "no part, as --rotation none asks", run: [] });
    const error: unknown = await asked({ choice: COUNT + 1 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    expect((error as UsageError).message).to.equal(`part ${COUNT + 1} of the rotation does not exist`);
  });

  it("comes to every part over the commits", async () => {
    const seen = new Set<NightlyId>();
    for (let commit = 0; commit < COUNT; commit += 1)
      for (const id of (await asked({ commit: commit.toString(16).padStart(40, "0") })).run) seen.add(id);
    expect([...seen].sort()).to.deep.equal(partsOf().flat().sort());
  });

  it("leaves out a group whose inputs are not built, with that reason, and takes none in its place", async () => {
    const choice = partsOf().findIndex((part) => part.includes("ipvs")) + 1;
    const obstacle = ({ cell }: NightlyGroup) => Promise.resolve(cell === undefined ? null : "its kernel is not built");
    const rotation = await asked({ choice, obstacle });
    expect(rotation.run).to.not.include("ipvs");
    expect(rotation.without).to.include({ ipvs: "its kernel is not built" });
    expect(rotationLines(rotation)).to.include(
      `  left out: ${groupTitle(nightlyGroup("ipvs"))} (its kernel is not built)`,
    );
  });

  it("has what is cheap on this machine in every part, once", async () => {
    for (let choice = 1; choice <= COUNT; choice += 1) {
      const { run } = await asked({ choice, always: ["ipvs"] });
      expect(run.filter((id) => id === "ipvs")).to.have.length(1);
      expect(run).to.include.members([...(partsOf()[choice - 1] ?? [])]);
    }
  });

  it("is told by the part and a line a group", async () => {
    const rotation = await asked({ choice: 1 });
    expect(rotationLines(rotation)).to.deep.equal([
      `nightly tests in this run: part 1 of ${COUNT}, as --rotation asks`,
      ...rotation.run.map((id) => `  runs: ${groupTitle(nightlyGroup(id))}`),
    ]);
  });
});
