import { expect } from "chai";
import { hostExec, type Exec, type ExecResult } from "../../../../lib/host/exec.ts";
import { PROBER, probeRound } from "../../../../lib/probes/round.ts";
import { fixture } from "./fixtures.ts";
import { streamOf } from "./stream.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const IDS = ["ping-ok", "curl-refused", "dig-ok"];
const ATTEMPTS = IDS.map((id) => fixture(id).attempt);
const RECORDS = IDS.map((id) => fixture(id).record);

/** Returns a node whose answer `say` makes from the round's nonce. */
function fakeNode(say: (nonce: string) => Partial<ExecResult>): Exec {
  return (argv) => {
    const ended = { argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1, ...say(argv[3] ?? "") };
    return Promise.resolve(ended);
  };
}

describe("probeRound", () => {
  it("returns one observation for each attempt, in order", async () => {
    const node = fakeNode((nonce) => ({ stdout: streamOf(nonce, RECORDS) }));
    const { observations, worstGapMs } = await probeRound(node, ATTEMPTS, { timeScale: USUAL_SPEED });
    expect(observations.map(({ id, symptom }) => [id, symptom])).to.deep.equal([
      ["ping-ok", "ok"],
      ["curl-refused", "connection-refused"],
      ["dig-ok", "ok"],
    ]);
    expect(worstGapMs).to.equal(7);
  });

  it("runs one constant script, with the attempts as arguments only, and no stdin", async () => {
    const calls: Parameters<Exec>[] = [];
    const node: Exec = (argv, options) => {
      calls.push([argv, options]);
      return fakeNode(() => ({}))(argv, options);
    };
    await probeRound(node, ATTEMPTS, { timeScale: USUAL_SPEED });
    const [[argv, options] = [[]]] = calls;
    // An empty output is a failure of the transport, so it is retried.
    expect(calls).to.have.lengthOf(3);
    expect(argv.slice(0, 3)).to.deep.equal(["perl", "-e", PROBER]);
    expect(argv[3]).to.match(/^fl-[0-9a-f]{24}$/);
    expect(argv).to.include("http://10.77.2.2:98/");
    expect(options).to.not.have.property("stdin");
  });

  it("makes attempts unknown, with the reason, that are missing from a stream cut at any byte", async () => {
    let length = 1;
    for (let at = 0; at < length; at += 1) {
      const node = fakeNode((nonce) => {
        const stream = streamOf(nonce, RECORDS);
        length = stream.length - 1;
        return { stdout: stream.slice(0, at), exitCode: 137 };
      });
      const { observations, worstGapMs } = await probeRound(node, ATTEMPTS, { timeScale: USUAL_SPEED });
      expect(worstGapMs).to.equal(null);
      for (const { id, symptom, detail } of observations) {
        if (symptom === "unknown") expect(detail).to.match(/^incomplete report: .*exec ended with 137/);
        else expect(symptom).to.equal(fixture(id).expect.symptom);
      }
    }
  });

  it("stops waiting once the stream is cut, even if the process that cut it lives on", async () => {
    const whole = streamOf("NONCE", RECORDS);
    const cuts = [0, 1, 40, 300, Math.floor(whole.length / 2), whole.length - 40];
    const rounds = cuts.map(async (at) => {
      // perl -e PROBER NONCE …: a node that prints this much, closes its stdout and lives on.
      const node: Exec = (argv, options) => {
        const said = whole.replaceAll("NONCE", argv[3] ?? "").slice(0, at);
        return hostExec(["bash", "-c", 'printf %s "$1"; exec >&-; exec sleep 60', "node", said], options);
      };
      return await probeRound(node, ATTEMPTS, { timeScale: USUAL_SPEED });
    });
    for (const { worstGapMs, observations } of await Promise.all(rounds)) {
      expect(worstGapMs).to.equal(null);
      expect(observations.at(-1)?.symptom).to.equal("unknown");
    }
  }).timeout(15_000);

  it("makes attempts unknown if the exec times out, fails to start, or answers another round", async () => {
    const late = await probeRound(
      fakeNode(() => ({ exitCode: null, timedOut: true })),
      ATTEMPTS,
      { timeScale: USUAL_SPEED },
    );
    const dead = await probeRound(() => Promise.reject(new Error("no such container")), ATTEMPTS, {
      timeScale: USUAL_SPEED,
    });
    const foreign = await probeRound(
      fakeNode(() => ({ stdout: streamOf("fl-foreign", RECORDS) })),
      ATTEMPTS,
      { timeScale: USUAL_SPEED },
    );
    const all = [late, dead, foreign].flatMap(({ observations }) => observations);
    expect(all.map(({ symptom }) => symptom)).to.deep.equal(Array(9).fill("unknown"));
    const details = [late, dead, foreign].map(({ observations }) => observations[0]?.detail ?? "");
    expect(details[0]).to.include("timed out");
    expect(details[1]).to.include("no such container");
    expect(details[2]).to.include("no frame of this round");
  });

  it("rejects if it is aborted, and runs nothing without attempts", async () => {
    const aborted = AbortSignal.abort(new Error("Ctrl-C"));
    const node: Exec = () => Promise.reject(new Error("aborted"));
    const outcome = await probeRound(node, ATTEMPTS, { timeScale: USUAL_SPEED, signal: aborted }).catch(
      (error: unknown) => String(error),
    );
    expect(outcome).to.equal("Error: Ctrl-C");
    expect(await probeRound(node, [], { timeScale: USUAL_SPEED })).to.deep.equal({
      observations: [],
      worstGapMs: null,
      waitedMs: null,
    });
  });
});
