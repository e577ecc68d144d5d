import { expect } from "chai";
import type { Cluster } from "../../../../lib/model/cluster.ts";
import type { ScenarioContext } from "../../../../lib/engine/scenario-context.ts";
import { underFault, type Course } from "../../../../lib/engine/under-fault.ts";
import { expectation, mostly, type Expectation } from "../../../../lib/model/expectation.ts";
import type { ProbeRecord } from "../../../../lib/probes/probe.ts";
import { fixture } from "../probes/fixtures.ts";
import { answer } from "../probes/stream.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const PATH = "same → server by podIP";
const REFUSED = fixture("curl-refused").record;
const CURL_OK = fixture("curl-ok").record;
const OK: ProbeRecord = { ...CURL_OK, stdout: CURL_OK.stdout.replace('"container":"main"', '"container":"server"') };

/** The symptoms of each round where a node answers as told, a round after the other, and goes on with the last. */
async function roundsOf(claim: Expectation, ...told: readonly ProbeRecord[]): Promise<readonly string[]> {
  let round = 0;
  const exec: Cluster["exec"] = () => (argv) => {
    const record = told[Math.min(round, told.length - 1)] ?? OK;
    round += 1;
    const stdout = answer(argv[3] ?? "", [record, record, record], 0);
    return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
  };
  const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
  const course: Course = {
    claimed: { [PATH]: claim },
    appearsWithinMs: 0,
    lastsMs: 50,
    healsItselfWithinMs: null,
    healedKind: null,
  };
  const seen: string[] = [];
  await underFault({ cluster } as ScenarioContext, WHERE, { watched: [], gone: [] }, course, (event) => {
    if (event.type === "round") seen.push([...new Set(event.observations.map(({ symptom }) => symptom))].join(" "));
  });
  return seen;
}

describe("what is to last under a fault", function () {
  this.timeout(20_000);
  const refused = "connection-refused";

  it("is not waited for when its time is up and it is there", async () => {
    expect(await roundsOf(mostly(refused), REFUSED)).to.deep.equal([refused, refused]);
  });

  it("has time to come back where it comes and goes", async () => {
    const seen = await roundsOf(mostly(refused), REFUSED, OK, OK, REFUSED);
    expect(seen).to.deep.equal([refused, "ok", "ok", refused]);
  });

  it("is given up after eight rounds more", async () => {
    expect(await roundsOf(mostly(refused), REFUSED, OK)).to.deep.equal([refused, "ok", ...Array<string>(8).fill("ok")]);
  });

  it("is not waited for where it is claimed to be there all the time", async () => {
    expect(await roundsOf(expectation(refused), REFUSED, OK, REFUSED)).to.deep.equal([refused, "ok"]);
  });
});
