import { expect } from "chai";
import { DEFAULT_CELL, parseCell, traitsOf } from "../../../clusters/cells/cells.ts";
import { scenariosOf, selectSuites, suiteFiles } from "../../../cli/cell/suites.ts";
import { whyNoMutant } from "../../../lib/engine/mutants.ts";
import { UsageError } from "../../../lib/host/errors.ts";
import { swapped, type Expectation } from "../../../lib/model/expectation.ts";
import { validateFault } from "../../../lib/faults/registry.ts";
import { expectationsOf, faultsOf, healingOf, skipInCell } from "../../../lib/scenario/spec.ts";
import type { CellContext, Scenario } from "../../../lib/scenario/spec.ts";
import type { Traits } from "../../../lib/model/traits.ts";
import { judgeScenario } from "../../../lib/verdict/scenario.ts";
import { WHERE } from "../sample-cluster.ts";
import { allOk, asExpected, scenarioLog, type SampleLog } from "../sample-log.ts";

/** The traits of every kind of CNI that claims depend on. */
const TRAITS: Readonly<Record<string, Traits>> = {
  "a bridge, an overlay, an agent that restores a rule": traitsOf(DEFAULT_CELL),
  "a bridge without an agent": traitsOf(parseCell("bridge")),
  "routes, an overlay, an agent that restores its objects": {
    ...traitsOf(DEFAULT_CELL),
    bridge: null,
    networkPolicy: true,
    forwardAcceptedBy: "own-chains",
    resyncs: [
      { what: "first-in-input", by: "Felix", target: "cali-INPUT", everyMs: 90_000 },
      { what: "overlay-up", by: "Felix", everyMs: 15_000 },
    ],
  },
  "BPF, an overlay by metadata": {
    ...traitsOf(DEFAULT_CELL),
    bridge: null,
    overlay: { kind: "vxlan", device: "cilium_vxlan", udpPort: 8472, endpointsIn: "metadata" },
    dataplane: "ebpf",
    podClusterIps: "ebpf",
    networkPolicy: true,
    forwardAcceptedBy: "ebpf",
    resyncs: [],
  },
};

for (const [name, traits] of Object.entries(TRAITS))
  describe(`with ${name}`, () => everySuite({ cell: DEFAULT_CELL, traits }));
for (const ipFamily of ["ipv6", "dual"] as const) {
  const cell = { ...DEFAULT_CELL, ipFamily };
  describe(`with ${ipFamily}`, () => everySuite({ cell, traits: traitsOf(cell) }));
}

function everySuite(context: CellContext): void {
  function faults(scenario: Scenario) {
    return faultsOf(scenario, { ...context, address: () => WHERE.pods.server?.ip ?? "" });
  }

  /**
   * Returns true if the scenario claims a lasting symptom. Faults that an agent undoes have their symptoms in
   * `meanwhile`.
   */
  function breaks(scenario: Scenario): boolean {
    const claimed = Object.values(expectationsOf(scenario, context));
    return healingOf(scenario, context) === null && claimed.some(({ symptoms }) => !symptoms.includes("ok"));
  }

  function judged(scenario: Scenario, change: SampleLog) {
    const expected = expectationsOf(scenario, context);
    return judgeScenario(
      "cell",
      scenarioLog({ scenario: scenario.id, faults: faults(scenario), expect: expected, ...change }),
    );
  }

  describe("every suite", () => {
    let all: readonly Scenario[] = [];
    // Loading replaces the global describe and it, so it waits until the files of this mocha are loaded.
    before(async () => {
      all = await scenariosOf(suiteFiles());
    });

    const each = (name: string, check: (scenario: Scenario, expected: Readonly<Record<string, Expectation>>) => void) =>
      it(name, () => {
        for (const scenario of all) {
          // A skipped suite claims nothing; a separate test checks its reason.
          if (skipInCell(scenario, context) !== null) continue;
          try {
            check(scenario, expectationsOf(scenario, context));
          } catch (error) {
            throw new Error(`${scenario.id}: ${(error as Error).message}`, { cause: error });
          }
        }
      });

    it("is loaded as one scenario a file, named after the file", () => {
      expect(all.map(({ id }) => id)).to.deep.equal(
        suiteFiles().map((file) => file.replace(/^.*\/suites\//, "").replace(/\.ts$/, "")),
      );
      expect(all.length).to.be.greaterThanOrEqual(8);
      expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    });

    each("states a claim of one line with its sources", ({ claim, title, documented }) => {
      expect(claim).to.match(/^\S[^\n]{20,}\S$/);
      expect(title).to.match(/\S/);
      expect(documented).to.not.be.empty;
      for (const source of documented) expect(source).to.match(/^https:\/\/\S+$|^documents? \d{3}/);
    });

    it("gives a reason if it is skipped", () => {
      const reasons = all.flatMap((scenario) => skipInCell(scenario, context)?.reason ?? []);
      for (const reason of reasons) expect(reason).to.match(/^\S[^\n]{10,}\S$/);
      expect(reasons.length).to.be.below(all.length / 2);
    });

    each("says that it needs node C if it breaks something there", (scenario) => {
      if (faults(scenario).some(({ node }) => node === "C")) expect(scenario.needs?.nodes).to.equal(3);
    });

    each("names valid faults", (scenario) => faults(scenario).forEach((fault) => validateFault(fault)));

    each("has a symptom and a control if it breaks something", (scenario, expected) => {
      if (!breaks(scenario)) return;
      const controls = Object.values(expected).filter(({ symptoms }) => symptoms.join() === "ok");
      expect(controls.length, "controls").to.be.greaterThan(0);
      expect(controls.length, "symptoms").to.be.lessThan(Object.keys(expected).length);
    });

    each("names symptoms and controls for the time before an agent's repair", (scenario, expected) => {
      const healing = healingOf(scenario, context);
      if (healing === null) return;
      const broken = Object.keys(healing.meanwhile);
      expect(Object.keys(expected)).to.include.members(broken);
      expect(Object.keys(expected).length, "controls").to.be.above(broken.length);
      expect(faults(scenario).map(({ fault }) => fault.kind)).to.include(healing.kind);
    });

    each("has a budget for recovery", ({ recovers }) => expect(recovers.withinMs).to.be.within(1, 120_000));

    each("passes if every path shows its claim", (scenario) => {
      expect(judged(scenario, {})).to.include({ verdict: "pass" });
    });

    each("fails without its fault on every path that is claimed to break", (scenario, expected) => {
      if (!breaks(scenario)) return;
      const { verdict, paths } = judged(scenario, { mode: "no-fault", underFault: allOk(expected) });
      expect(verdict).to.equal("fail");
      for (const path of paths)
        expect(path.verdict, path.path).to.equal(expected[path.path]?.symptoms.includes("ok") ? "pass" : "fail");
    });

    each(
      "claims to be the same on either node only if selfcheck can test that",
      ({ sameOnEitherNode, ...scenario }, expected) => {
        if (sameOnEitherNode === undefined) return;
        // Without a symptom there is nothing to compare between the nodes.
        if (!breaks(scenario) && healingOf(scenario, context) === null) return;
        expect(sameOnEitherNode).to.match(/^\S[^\n]{20,}\S$/);
        expect(whyNoMutant("wrong-node", scenario, expected, context)).to.equal(null);
      },
    );

    each("fails on every path if its expectations are swapped", (scenario, expected) => {
      const other = Object.fromEntries(Object.entries(expected).map(([path, one]) => [path, swapped(one)]));
      const { verdict, paths } = judged(scenario, { mode: "swapped", expect: other, underFault: asExpected(expected) });
      expect(verdict).to.equal("fail");
      for (const path of paths) expect(path.verdict, path.path).to.equal("fail");
    });

    each("fails if a single path shows another symptom", (scenario, expected) => {
      for (const path of Object.keys(expected)) {
        const shown = asExpected(expected).map((one) =>
          one.path === path ? { ...one, symptom: "http-error" as const } : one,
        );
        expect(judged(scenario, { underFault: shown }).verdict, path).to.equal("fail");
      }
    });
  });
}

describe("scenariosOf", () => {
  it("returns the scenarios of the given files, whatever is loaded before or later", async () => {
    const files = suiteFiles().slice(1, 3);
    const some = await scenariosOf(files);
    const ids = files.map((file) => file.replace(/^.*\/suites\//, "").replace(/\.ts$/, ""));
    await scenariosOf(suiteFiles());
    expect(some.map(({ id }) => id)).to.deep.equal(ids);
    expect((await scenariosOf(files)).map(({ id }) => id)).to.deep.equal(ids);
  });
});

describe("selectSuites", () => {
  const files = ["services/a", "services/b", "services2/c", "dns/a"].map((id) => `/x/suites/${id}.ts`);
  const table: readonly (readonly [readonly string[], readonly number[]])[] = [
    [["services/a"], [0]],
    [["services"], [0, 1]],
    [["services/"], [0, 1]],
    [["services*"], [0, 1, 2]],
    [["*/a"], [0, 3]],
    [
      ["dns", "services/b"],
      [1, 3],
    ],
    [["services/a", "services/a"], [0]],
  ];
  for (const [filters, chosen] of table) {
    it(`selects ${chosen.length} suites for ${JSON.stringify(filters)}`, () => {
      expect(selectSuites(filters, files)).to.deep.equal(chosen.map((index) => files[index]));
    });
  }

  for (const filter of ["servces/a", "a", "services/a.ts", "services/.", "*z", ""]) {
    it(`throws for ${JSON.stringify(filter)}, naming the closest match`, () => {
      expect(() => selectSuites([filter], files)).to.throw(UsageError, /no suite matches .* the nearest is /);
    });
  }
});
