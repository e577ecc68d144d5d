import { expect } from "chai";
import type { Cluster } from "../../../../lib/model/cluster.ts";
import { inPieces, measure, onceEach, planFor } from "../../../../lib/engine/measure.ts";
import { expectation, share } from "../../../../lib/model/expectation.ts";
import type { ProbeRecord } from "../../../../lib/probes/probe.ts";
import type { Symptom } from "../../../../lib/model/symptom.ts";
import { fixture } from "../probes/fixtures.ts";
import { answer } from "../probes/stream.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

type Place = Parameters<Cluster["exec"]>[0];
type Answers = Readonly<Partial<Record<Place, readonly [records: readonly ProbeRecord[], worstGapMs: number | null]>>>;

/** A cluster each of whose nodes answers with these records; the places that were asked are added to `asked`. */
function fakeCluster(answers: Answers, asked: Place[] = []): Cluster {
  const exec: Cluster["exec"] = (place) => (argv) => {
    asked.push(place);
    const [records, worstGapMs] = answers[place] ?? [[], null];
    const stdout = answer(argv[3] ?? "", records, worstGapMs);
    return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
  };
  return { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
}

const PING_OK = "3 packets transmitted, 3 received, 0% packet loss, time 402ms\n";
const PING_LOST = "3 packets transmitted, 0 received, 100% packet loss, time 402ms\n";
const recorded = (id: string): ProbeRecord => fixture(id).record;
const ping = (stdout: string, exitCode: number): ProbeRecord => ({ ...recorded("ping-ok"), stdout, exitCode });
/** As recorded, with the answer of the server that the sample cluster has. */
const answeredBy = (id: string): ProbeRecord => {
  const record = recorded(id);
  return { ...record, stdout: record.stdout.replace('"container":"main"', '"container":"server"') };
};

/** Each path, what its node says of it, and what that is worth when the prober ran as it should. */
const SAID: readonly (readonly [path: string, record: ProbeRecord, symptom: Symptom])[] = [
  ["same → server by podIP", answeredBy("curl-ok"), "ok"],
  ["same → other by podIP with ping", ping(PING_OK, 0), "ok"],
  ["same → sidecar by podIP", recorded("curl-refused"), "connection-refused"],
  ["same → other by podIP", recorded("curl-arp-local"), "host-unreachable"],
  ["same → dnsA by podIP", recorded("dig-servfail"), "dns-servfail"],
  ["hostA → sidecar by podIP", recorded("curl-reset"), "connection-reset"],
  ["hostA → server by podIP", recorded("curl-wrong-server"), "wrong-server"],
  ["same → server by ClusterIP", recorded("curl-drop"), "connect-timeout"],
  ["same → server by NodePort", recorded("curl-stall"), "stall"],
  ["same → dns by ClusterIP", recorded("dig-drop"), "dns-timeout"],
  ["same → dnsB by podIP with ping", ping(PING_LOST, 1), "loss"],
  ["same → server by Service name", answeredBy("curl-slow-1"), "slow"],
];
const SILENT = new Set<Symptom>(["connect-timeout", "stall", "dns-timeout", "loss", "slow"]);
const PLAN = onceEach(SAID.map(([path]) => path));

async function measured(worstGapMs: number | null) {
  const cluster = fakeCluster({ A: [SAID.map(([, record]) => record), worstGapMs] });
  return await measure(cluster, WHERE, PLAN);
}

describe("measure", () => {
  for (const worstGapMs of [0, 7, 100]) {
    it(`takes every symptom as it is when the prober was held up for ${worstGapMs} ms`, async () => {
      const seen = (await measured(worstGapMs)).map(({ path, symptom }) => [path, symptom]);
      expect(seen).to.deep.equal(SAID.map(([path, , symptom]) => [path, symptom]));
    });
  }

  for (const [worstGapMs, why] of [
    [1001, "stood still for 1001 ms"],
    [60_000, "stood still for 60000 ms"],
    [null, "was cut off"],
  ] as const) {
    it(`takes no silence for an answer when the prober ${why}, but keeps what the far end said`, async () => {
      const seen = await measured(worstGapMs);
      expect(seen.map(({ path, symptom }) => [path, symptom])).to.deep.equal(
        SAID.map(([path, , symptom]) => [path, SILENT.has(symptom) ? "unknown" : symptom]),
      );
      for (const [index, [, , symptom]] of SAID.entries()) {
        if (!SILENT.has(symptom)) continue;
        expect(seen[index]?.detail).to.equal(`the prober ${why}, which may look like ${symptom}`);
      }
    });
  }

  it("holds a stalled node against its own probes alone", async () => {
    const plan = onceEach(["same → server by ClusterIP", "other → server by ClusterIP"]);
    const records = [recorded("curl-drop")];
    const seen = await measure(fakeCluster({ A: [records, 5000], B: [records, 5] }), WHERE, plan);
    expect(seen.map(({ path, symptom }) => [path, symptom])).to.deep.equal([
      ["same → server by ClusterIP", "unknown"],
      ["other → server by ClusterIP", "connect-timeout"],
    ]);
  });

  it("asks each place, and none where nothing is to be tried", async () => {
    const asked: Place[] = [];
    const paths = ["same → server by podIP", "hostA → server by podIP", "outside → server by NodePort"];
    await measure(fakeCluster({}, asked), WHERE, planFor(expectAll(paths), 3));
    // Three times each, since this cluster says nothing at all.
    expect(asked.sort()).to.deep.equal(["A", "A", "A", "outside", "outside", "outside"]);
    await measure(fakeCluster({}, asked), WHERE, {});
    expect(asked).to.have.length(6);
  });

  it("cannot tell of a role that is not there just now, and says so; of the others it can", async () => {
    const { other, ...pods } = WHERE.pods;
    const plan = onceEach(["other → server by podIP", "same → server by podIP", `same → ${other?.name} by podIP`]);
    const seen = await measure(fakeCluster({ A: [[answeredBy("curl-ok")], 7] }), { ...WHERE, pods }, plan);
    expect(seen.map(({ path, symptom }) => [path, symptom])).to.deep.equal([
      ["same → server by podIP", "ok"],
      ["other → server by podIP", "unknown"],
      ["same → other by podIP", "unknown"],
    ]);
    for (const { detail } of seen.slice(1)) expect(detail).to.equal("role other has no running pod");
  });
});

function expectAll(paths: readonly string[]) {
  return Object.fromEntries(paths.map((path) => [path, expectation("ok")]));
}

describe("planFor", () => {
  const path = "same → server by podIP";
  const table = [
    [expectation("host-unreachable"), 3, true],
    [expectation(["connect-timeout", "host-unreachable"]), 3, true],
    [expectation("connect-timeout"), 3, false],
    [expectation("network-unreachable"), 3, false],
    [expectation("ok"), 3, false],
    [share({ part: 0.5, of: 40 }, "dns-timeout"), 40, false],
  ] as const;
  for (const [claim, flows, patient] of table) {
    it(`${claim.symptoms.join(" or ")}: ${flows} flows, ${patient ? "patiently" : "without patience"}`, () => {
      expect(planFor({ [path]: claim }, 3)[path]).to.deep.equal({ flows, patient, tellReplicas: false });
    });
  }

  it("asks which replica each lookup met where the claim names one", () => {
    const claim = share({ part: 0.5, of: 40, replica: "dnsA" }, "dns-timeout");
    expect(planFor({ [path]: claim }, 3)[path]).to.include({ flows: 40, tellReplicas: true });
  });

  it("is patient on the path that claims it, not on its neighbours", () => {
    const claims = { a: expectation("host-unreachable"), b: expectation("ok") };
    expect(Object.values(planFor(claims, 3)).map(({ patient }) => patient)).to.deep.equal([true, false]);
  });
});

describe("onceEach", () => {
  it("is one flow on each path, without patience", () => {
    expect(onceEach(["a", "b"])).to.deep.equal({ a: { flows: 1 }, b: { flows: 1 } });
  });
});

describe("inPieces", () => {
  it("keeps order and loses nothing, in pieces of at most so many", () => {
    expect(inPieces([1, 2, 3, 4, 5], 2)).to.deep.equal([[1, 2], [3, 4], [5]]);
    expect(inPieces([1, 2], 2)).to.deep.equal([[1, 2]]);
    expect(inPieces([1, 2, 3], Infinity)).to.deep.equal([[1, 2, 3]]);
    expect(inPieces([], 4)).to.deep.equal([[]]);
  });
});
