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
  const [one] = comparePaths(healthy, [path], now, again);
  if (!one) throw new Error("nothing compared");
  return one;
}

describe("comparePaths", () => {
  it("is as recorded when all flows are ok and met the same", () => {
    expect(found(flows(PATH, "ok", 3, SERVER))).to.include({ finding: "as-recorded", detail: "", intermittent: false });
    expect(found(flows(LOOKUP, "ok", 3, ANSWER), [], LOOKUP).finding).to.equal("as-recorded");
  });

  it("is never as recorded when a single flow is not ok, whatever the others are", () => {
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
      /answered is impostor\/server, recorded server\/server/,
    ],
    ["another container of the pod", PATH, { ...SERVER, container: "sidecar" }, /server\/sidecar/],
    ["a server that does not say who it is", PATH, SEEN.dnat, /who answered is not told/],
    [
      "a Service that is not translated",
      PATH,
      { ...SERVER, remote: SERVER.local },
      /translation is .* kept, recorded .* translated/,
    ],
    ["a client that is masqueraded", PATH, { ...SERVER, client: "10.244.1.1" }, /source replaced/],
    ["another answer", LOOKUP, { answers: ["10.96.0.66"] }, /answer is 10.96.0.66, recorded 10.96.0.7/],
    ["an answer more", LOOKUP, { answers: ["10.96.0.7", "10.96.0.66"] }, /the answer is/],
    ["no answer", LOOKUP, {}, /the answer is not told/],
  ];
  for (const [what, path, seen, detail] of others) {
    it(`differs by ${what}, though it is ok`, () => {
      const one = found(
        [...flows(path, "ok", 2, path === PATH ? SERVER : ANSWER), ...flows(path, "ok", 1, seen)],
        [],
        path,
      );
      const alone = found(flows(path, "ok", 3, seen), [], path);
      expect(alone.finding).to.equal("differs");
      expect(alone.detail).to.match(detail);
      if (!detail.source.includes("not told")) expect(one.finding).to.equal("differs");
    });
  }

  it("is unknown where nothing was measured, or nothing was recorded", () => {
    expect(found([]).finding).to.equal("unknown");
    const strange = comparePaths({ paths: {} }, [PATH], flows(PATH, "ok", 3, SERVER));
    expect(strange[0]?.finding).to.equal("unknown");
  });

  it("remembers what differed once, and forgets what could not be told once", () => {
    const [ok, broken, untold] = [flows(PATH, "ok", 3, SERVER), flows(PATH, "loss", 3), flows(PATH, "unknown", 3)];
    expect(found(broken, ok)).to.include({ finding: "differs", intermittent: true });
    expect(found(broken, broken)).to.include({ finding: "differs", intermittent: false });
    expect(found(broken, untold)).to.include({ finding: "differs", intermittent: false });
    expect(found(untold, ok)).to.include({ finding: "as-recorded", intermittent: false });
    expect(found(untold, broken)).to.include({ finding: "differs", intermittent: false });
    expect(found(untold, untold)).to.include({ finding: "unknown", intermittent: false });
  });

  it("tries again what was not told, or not the same by all flows", () => {
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
    it(`${index}: ${outcome}${strict ? ", strict" : ""}`, () => {
      expect(outcomeOf({ paths, nodes }, strict)).to.equal(outcome);
    });
  }
});
