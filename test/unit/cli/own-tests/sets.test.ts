import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseCell } from "../../../../clusters/cells/cells.ts";
import { cellsOf, MATRIX_CELLS } from "../../../../cli/own-tests/cells.ts";
import { layerCounts, type Counts } from "../../../../cli/own-tests/counts.ts";
import { filesOf, runMochaByFile, type LayerFiles } from "../../../../cli/own-tests/mocha.ts";
import { groupTitle, nightlyGroup } from "../../../../cli/own-tests/nightly-groups.ts";
import type { RotationInEnv } from "../../../../cli/own-tests/rotation.ts";
import { testSignals } from "../../../../cli/own-tests/signals.ts";
import { sampled } from "../../../sample.ts";

/** The groups of test/fixtures/test-command/two-sets.ts in a summary. */
const TWO_RUNS = groupTitle(nightlyGroup("two-runs"));
const IPVS = groupTitle(nightlyGroup("ipvs"));
const NO_PART = JSON.stringify({ run: [], without: {} });

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

describe("nightly", function () {
  this.timeout(30_000);
  let dir: string;
  beforeEach("make a folder", () => {
    dir = mkdtempSync(join(tmpdir(), "faultline-sets-"));
  });
  afterEach("remove it", () => rmSync(dir, { recursive: true }));

  /** The counts of a real mocha process with our reporter. */
  async function countsOf(all: "0" | "1", rotation?: RotationInEnv): Promise<Counts> {
    const counts = join(dir, "counts");
    const mocha = [join(ROOT, "node_modules", "mocha", "bin", "mocha.js"), "--no-config", "--extension", "ts"];
    const reporter = ["--reporter", join(ROOT, "test", "summary-reporter.ts")];
    const spec = join(ROOT, "test", "fixtures", "test-command", "two-sets.ts");
    const ours = { FAULTLINE_TEST_ALL: all, FAULTLINE_TEST_COUNTS: counts };
    const env = { ...process.env, ...ours, FAULTLINE_TEST_ROTATION: JSON.stringify(rotation) };
    const child = spawn(process.execPath, [...mocha, ...reporter, spec], { env, stdio: "ignore" });
    const exit = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 1)));
    return layerCounts(exit, readFileSync(counts, "utf8").trim());
  }

  it("leaves its tests out of a default run: counted by reason, neither run nor skipped, nor their hooks", async () => {
    expect(await countsOf("0")).to.deep.equal({
      passes: 1,
      failures: 0,
      pending: 0,
      leftOut: [
        { reason: TWO_RUNS, tests: 3 },
        { reason: IPVS, tests: 1 },
      ],
    });
  });

  it("runs the groups of the rotation, and says why one of its part does not run", async () => {
    const without = { "two-runs": "its node image is not built" };
    expect(await countsOf("0", { run: ["ipvs"], without })).to.deep.equal({
      passes: 2,
      failures: 0,
      pending: 0,
      leftOut: [{ reason: `${TWO_RUNS} (in this run's part, but its node image is not built)`, tests: 3 }],
    });
  });

  it("leaves nothing out with --all: the tests run, and so do their hooks", async () => {
    // `one` and `two` fall with the hook that fails.
    expect(await countsOf("1")).to.deep.equal({ passes: 3, failures: 1, pending: 0, leftOut: [] });
  });
});

describe("a layer run file by file", function () {
  this.timeout(30_000);
  const fixture = (name: string) => join(ROOT, "test", "fixtures", "test-command", `${name}.ts`);
  let said = "";
  const run = async (files: LayerFiles): Promise<Counts> => {
    said = "";
    const write = (text: string) => void (said += text);
    const signals = testSignals();
    try {
      return await runMochaByFile(
        { name: "unit", env: { FAULTLINE_TEST_ALL: "0", FAULTLINE_TEST_ROTATION: NO_PART }, signals, write },
        files,
      );
    } finally {
      signals.release();
    }
  };

  it("is the sum of all files, of those that run alone too", async () => {
    const twoSets = fixture("two-sets");
    expect(await run({ beside: [twoSets, twoSets], alone: [twoSets] })).to.deep.equal({
      passes: 3,
      failures: 0,
      pending: 0,
      leftOut: [
        { reason: TWO_RUNS, tests: 9 },
        { reason: IPVS, tests: 3 },
      ],
    });
  });

  it("has a failure for a file that ended before all of its tests were run", async () => {
    const { passes, failures } = await run({ beside: [fixture("two-sets"), fixture("ends-early")], alone: [] });
    expect({ passes, failures }).to.deep.equal({ passes: 2, failures: 1 });
    expect(said).to.match(/ends-early\.ts ended before all of its tests were run: 1 passed/);
  });

  it("has a failure for a file that cannot be loaded", async () => {
    expect(await run({ beside: [fixture("nowhere")], alone: [] })).to.include({ passes: 0, failures: 1 });
  });

  it("knows every file of the integration layer", () => {
    const { beside, alone } = filesOf("integration");
    const names = readdirSync(join(ROOT, "test", "integration"), { recursive: true }).map(String);
    const tests = names
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(ROOT, "test", "integration", name));
    expect([...beside, ...alone].sort()).to.deep.equal(tests.sort());
    expect(alone).not.to.deep.equal([]);
  });
});

describe("sampled", () => {
  const items = Array.from({ length: 40 }, (_, index) => index);
  const of = (size: number, seed: number) => sampled(items, size, { seed, isAll: false });

  it("is as many as asked for, each once, in their order, and the same for the same seed", () => {
    const some = of(7, 1);
    expect(some).to.have.length(7);
    expect(some).to.deep.equal([...new Set(some)].sort((a, b) => a - b));
    expect(of(7, 1)).to.deep.equal(some);
  });

  it("comes to every item over the seeds", () => {
    const seen = new Set(Array.from({ length: 100 }, (_, seed) => of(4, seed)).flat());
    expect(seen.size).to.equal(items.length);
  });

  it("is all of them with --all, or where there are no more", () => {
    expect(sampled(items, 3, { isAll: true })).to.deep.equal(items);
    expect(of(40, 1)).to.deep.equal(items);
    expect(of(99, 1)).to.deep.equal(items);
  });
});

describe("the cells of a set of tests", () => {
  const parsed = cellsOf(false).map(({ cell }) => parseCell(cell));

  it("are all of the matrix with --all", () => expect(cellsOf(true)).to.equal(MATRIX_CELLS));

  it("have by default nftables, both families, and a CNI without a bridge", () => {
    expect(parsed.some(({ proxyMode }) => proxyMode === "nftables")).to.equal(true);
    expect(parsed.some(({ ipFamily }) => ipFamily === "dual")).to.equal(true);
    expect(cellsOf(false).some(({ bridge }) => !bridge)).to.equal(true);
  });

  it("need by default no more than one node image beside that of the default cell", () => {
    const images = new Set(
      parsed.map(({ cni, cniVersion, kubernetesVersion }) => [cni, cniVersion, kubernetesVersion].join()),
    );
    expect(images.size).to.be.at.most(2);
  });
});
