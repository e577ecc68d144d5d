import { expect } from "chai";
import type { Fault } from "../../lib/faults/registry.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { faultsIn, readJournal } from "../../lib/journal/read.ts";
import {
  allPoints,
  crashes,
  differences,
  makeLane,
  notRestored,
  ONE_OF_EACH,
  sweep,
  TEN,
  victim,
  type Crash,
  type SweepLane,
} from "../fixtures/faults/crash-sweep.ts";
import { sampled, sampleTitle } from "../sample.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

/** More than cores: a victim waits for its commands most of the time. */
const LANES = 3;
/** Of each sweep, where it is sampled; one takes 0.4 s. */
const SAMPLE = { one: 5, three: 12, ten: 6 } as const;
/**
 * Coprime to the boundaries of one fault, so that the sample has each kind; bench/crash-points.ts tries all of them.
 */
const STRIDE_OF_TEN = 7;

describe("kill -9 at every boundary of journal and node", function () {
  this.timeout(600_000);
  let lanes: SweepLane[];
  let lane: SweepLane;

  before(async () => {
    lanes = await Promise.all(Array.from({ length: LANES }, makeLane));
    lane = lanes[0] as SweepLane;
  });

  after(async () => {
    for (const one of lanes) await one[Symbol.asyncDispose]();
  });

  const places = (all: readonly Crash[], size: number) => {
    const ways = sampled(all, size);
    return { ways, title: sampleTitle(ways.length, all.length, "places to die") };
  };

  for (const fault of ONE_OF_EACH) {
    const working = crashes([fault]).filter(({ dies }) => dies === "working");
    const { ways, title } = places(working, SAMPLE.one);
    it(`is undone by a later process: one ${fault.kind} fault, ${title}`, async () => {
      expect(await sweep(lanes, ways)).to.deep.equal([]);
    });
  }

  const three = places(crashes(ONE_OF_EACH), SAMPLE.three);
  it(`is undone: three faults, working or being healed, ${three.title}`, async () => {
    expect(await sweep(lanes, three.ways)).to.deep.equal([]);
  });

  const ten = places(crashes(TEN, STRIDE_OF_TEN), SAMPLE.ten);
  it(`is undone: ten faults, every ${STRIDE_OF_TEN}th place to die: ${ten.title}`, async () => {
    expect(await sweep(lanes, ten.ways)).to.deep.equal([]);
  });

  for (const faults of [ONE_OF_EACH, TEN]) {
    it(`has no boundary beyond those: ${faults.length} faults`, async () => {
      const beyond = { faults, what: "both", crashAt: allPoints(faults.length) + 1 } as const;
      const lived = await victim(lane, lane.newJournal(), beyond);
      expect(lived.exitCode, lived.stderr).to.equal(0);
      expect(await differences(lane)).to.deep.equal([]);
    });
  }

  it("undoes three faults newest first", async () => {
    const journal = lane.newJournal();
    await victim(lane, journal, { faults: ONE_OF_EACH, what: "inject" });
    const { outcomes } = await healRun(journal, { host: USUAL_HOST });
    expect(outcomes.map(({ nodeFault }) => nodeFault.fault.kind)).to.deep.equal(["route", "drop", "sysctl"]);
    expect(faultsIn(readJournal(journal)).map(({ state }) => state)).to.deep.equal(Array(3).fill("undo-verified"));
    expect(await differences(lane)).to.deep.equal([]);
  });

  it("would say so if a fault were left", async () => {
    const left: Fault = { kind: "route", type: "blackhole", to: "10.98.9.0/24" };
    const [journal, other] = [lane.newJournal(), lane.newJournal()];
    await victim(lane, journal, { faults: [left], what: "inject" });
    await victim(lane, other, { faults: [], what: "inject" });
    const wrong = await notRestored(lane, other);
    expect(wrong.join("\n"))
      .to.match(/blackhole 10\.98\.9\.0\/24/)
      .and.to.match(/is still armed/);
    expect(await notRestored(lane, journal)).to.deep.equal([]);
  });
});
