import { expect } from "chai";
import fc from "fast-check";
import { recordedPaths } from "../../../../lib/baseline/baseline.ts";
import { comparePaths, needsAgain, type PathFinding } from "../../../../lib/baseline/compare.ts";
import { outcomeOf } from "../../../../lib/baseline/observation.ts";
import type { Observation, Seen } from "../../../../lib/probes/probe.ts";
import { SYMPTOMS, type Symptom } from "../../../../lib/model/symptom.ts";
import { flows, SEEN } from "../../sample-log.ts";

const PATH = "same → server by ClusterIP";
const LOOKUP = "same → dns by ClusterIP";
const SERVER = { ...SEEN.dnat, server: "server", container: "server" };
const ANSWER = { answers: ["10.96.0.7"] };
const healthy = { paths: recordedPaths([...flows(PATH, "ok", 3, SERVER), ...flows(LOOKUP, "ok", 3, ANSWER)]) };

function found(now: readonly Observation[], again?: readonly Observation[], path = PATH): PathFinding {
  const [finding] = comparePaths(healthy, [path], now, again);
  if (!finding) throw new Error("nothing compared");
  return finding;
}

describe("comparePaths", () => {
  it("is as-recorded if all flows are ok and met the same server", () => {
    expect(found(flows(PATH, "ok", 3, SERVER))).to.include({ finding: "as-recorded", detail: "", intermittent: false });
    expect(found(flows(LOOKUP, "ok", 3, ANSWER), [], LOOKUP).finding).to.equal("as-recorded");
  });

  it("is not as-recorded if a single flow is not ok", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SYMPTOMS), fc.nat(2), (symptom: Symptom, at) => {
        const now = flows(PATH, "ok", 3, SERVER).map((one, index) => (index === at ? { ...one, symptom } : one));
        const expected = { ok: "as-recorded", unknown: "unknown" }[symptom as string] ?? "differs";
        expect(found(now).finding).to.equal(expected);
      }),
    );
  });

  const others: readonly (readonly [string, string, Seen, RegExp])[] = [
    [
      "another server that answers 200",
      PATH,
      { ...SERVER, server: "impostor" },
      /the server is impostor\/server, recorded server\/server/,
    ],
    ["another container of the pod", PATH, { ...SERVER, container: "sidecar" }, /server\/sidecar/],
    ["a server without a name", PATH, SEEN.dnat, /the server is missing/],
    [
      "a Service that is not translated",
      PATH,
      { ...SERVER, remote: SERVER.local },
      /translation is .* kept, recorded .* translated/,
    ],
    ["a masqueraded client", PATH, { ...SERVER, client: "10.244.1.1" }, /source replaced/],
    ["another answer", LOOKUP, { answers: ["10.96.0.66"] }, /answer is 10.96.0.66, recorded 10.96.0.7/],
    ["an additional answer", LOOKUP, { answers: ["10.96.0.7", "10.96.0.66"] }, /the answer is/],
    ["no answer", LOOKUP, {}, /the answer is missing/],
  ];
  for (const [what, path, seen, detail] of others) {
    it(`differs for ${what}, even if the flow is ok`, () => {
      const { finding, detail: words } = found(flows(path, "ok", 3, seen), [], path);
      expect(finding).to.equal("differs");
      expect(words).to.match(detail);
    });
  }

  const mixed = (path: string, seen: Seen): PathFinding =>
    found([...flows(path, "ok", 2, path === PATH ? SERVER : ANSWER), ...flows(path, "ok", 1, seen)], [], path);
  for (const [what, path, seen] of others.filter(([name]) => !/without a name|no answer/.test(name))) {
    it(`differs for ${what} in one flow of three`, () => {
      expect(mixed(path, seen).finding).to.equal("differs");
    });
  }

  it("is as-recorded if one flow of three lacks the server or the answer", () => {
    expect(mixed(PATH, SEEN.dnat).finding).to.equal("as-recorded");
    expect(mixed(LOOKUP, {}).finding).to.equal("as-recorded");
  });

  it("is unknown if nothing was measured or nothing was recorded", () => {
    expect(found([]).finding).to.equal("unknown");
    const strange = comparePaths({ paths: {} }, [PATH], flows(PATH, "ok", 3, SERVER));
    expect(strange[0]?.finding).to.equal("unknown");
  });

  it("keeps a difference that showed once, and drops an undecided measurement", () => {
    const [ok, broken, undecided] = [flows(PATH, "ok", 3, SERVER), flows(PATH, "loss", 3), flows(PATH, "unknown", 3)];
    expect(found(broken, ok)).to.include({ finding: "differs", intermittent: true });
    expect(found(broken, broken)).to.include({ finding: "differs", intermittent: false });
    expect(found(broken, undecided)).to.include({ finding: "differs", intermittent: false });
    expect(found(undecided, ok)).to.include({ finding: "as-recorded", intermittent: false });
    expect(found(undecided, broken)).to.include({ finding: "differs", intermittent: false });
    expect(found(undecided, undecided)).to.include({ finding: "unknown", intermittent: false });
  });

  it("asks for a second measurement if flows are undecided or disagree", () => {
    const mixed = [...flows(PATH, "ok", 2, SERVER), ...flows(PATH, "loss", 1)];
    expect(needsAgain(found(mixed))).to.equal(true);
    expect(needsAgain(found(flows(PATH, "unknown", 3)))).to.equal(true);
    expect(needsAgain(found([]))).to.equal(true);
    expect(needsAgain(found(flows(PATH, "loss", 3)))).to.equal(false);
    expect(needsAgain(found(flows(PATH, "ok", 3, SERVER)))).to.equal(false);
  });

  it("keeps the order of the paths", () => {
    const now = [...flows(LOOKUP, "ok", 3, ANSWER), ...flows(PATH, "ok", 3, SERVER)];
    expect(comparePaths(healthy, [PATH, LOOKUP], now).map(({ path }) => path)).to.deep.equal([PATH, LOOKUP]);
  });
});

describe("outcomeOf", () => {
  const path = (finding: PathFinding["finding"]): PathFinding => ({
    path: PATH,
    finding,
    symptoms: {},
    detail: "",
    intermittent: false,
  });
  const node = (...differences: readonly string[]) => ({ node: "A" as const, differences });
  const table = [
    ["as-recorded", [path("as-recorded")], [node()], false],
    ["as-recorded", [path("as-recorded")], [node("route new")], false],
    ["differs", [path("as-recorded")], [node("route new")], true],
    ["as-recorded", [path("as-recorded")], [node()], true],
    ["differs", [path("unknown"), path("differs")], [node()], false],
    ["unknown", [path("unknown"), path("as-recorded")], [node("route new")], false],
    ["unknown", [], [node()], false],
  ] as const;
  for (const [index, [outcome, paths, nodes, strict]] of table.entries()) {
    it(`is ${outcome} in case ${index}${strict ? ", strict" : ""}`, () => {
      expect(outcomeOf({ paths, nodes }, strict)).to.equal(outcome);
    });
  }
});
