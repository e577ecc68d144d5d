import { expect } from "chai";
import { readAll, type WatchedFault } from "../../../../lib/engine/drift.ts";
import type { NewScenarioEvent, ScenarioContext } from "../../../../lib/engine/scenario-context.ts";
import type { InjectedFault } from "../../../../lib/faults/run/inject.ts";
import { RECORD } from "../../sample-cluster.ts";
import { FORWARD_OFF } from "../../sample-log.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

describe("readAll", () => {
  /** In force in as many readings as asked for, each of which takes 30 ms. */
  function watched(readings: number): WatchedFault {
    let left = readings;
    const readBack = async () => {
      left -= 1;
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { inForce: left >= 0, detail: "x" };
    };
    const injected = { id: "f", nodeFault: FORWARD_OFF, readBack } as unknown as InjectedFault;
    const sinceMs = performance.now();
    return { injected, sinceMs, lastSeenMs: sinceMs };
  }

  async function driftOf(readings: number) {
    const said: NewScenarioEvent[] = [];
    const exec = () => () => Promise.reject(new Error("no node"));
    const context = { cluster: { record: RECORD, timeScale: USUAL_SPEED, exec } } as unknown as ScenarioContext;
    const one = watched(readings);
    for (let reading = 0; reading <= readings; reading += 1)
      await readAll(context, [one], "during", (event) => said.push(event));
    const drift = said.find((event) => event.type === "drifted");
    if (drift?.type !== "drifted") throw new Error("nothing has drifted");
    return drift;
  }

  it("tells when the fault was last seen in force: at the beginning of that reading, not of the one that found it gone", async () => {
    const { lastSeenMs = -1, afterMs } = await driftOf(2);
    // The second of three readings.
    expect(lastSeenMs).to.be.within(29, afterMs - 55);
  });

  it("takes its being put in force for the last where no reading saw it", async () => {
    expect((await driftOf(0)).lastSeenMs).to.equal(0);
  });
});
