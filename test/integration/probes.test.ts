import { expect } from "chai";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostExec, type Exec } from "../../lib/host/exec.ts";
import type { Attempt, CurlAttempt, DigAttempt, PingAttempt } from "../../lib/probes/probe.ts";
import { parseFrames } from "../../lib/probes/frames.ts";
import { PROBER, probeRound } from "../../lib/probes/round.ts";
import { requestWords } from "../../lib/probes/request.ts";
import { openLab, type ProbeLab } from "../fixtures/probes/lab.ts";
import { USUAL_SPEED } from "../../lib/host/time-scale.ts";

describe("the prober, in network namespaces of its own", () => {
  let lab: ProbeLab;
  before(async () => {
    lab = await openLab();
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
    const left = await hostExec(["ip", "netns", "list"]);
    expect(left.stdout).not.to.include(lab.id);
  });

  const base = (id: string) => ({ id, path: "same → server by podIP", netnsPid: lab.clientPid });
  const curl = (id: string, url: string, more: Partial<CurlAttempt> = {}): CurlAttempt => {
    const expectServer = { server: "server", container: "main" };
    return { ...base(id), tool: "curl", url, connectTimeoutMs: 4500, totalTimeoutMs: 6000, expectServer, ...more };
  };
  const dig = (label: string, more: Partial<DigAttempt> = {}): DigAttempt => {
    const asked = {
      server: "10.77.2.2",
      name: `${label}.lab.test`,
      type: "A",
      transport: "udp",
      timeoutMs: 1000,
    } as const;
    return { ...base(label), tool: "dig", ...asked, expectAnswer: "10.77.2.2", ...more };
  };
  const ping = (id: string, address: string): PingAttempt => {
    return { ...base(id), tool: "ping", address, count: 3, intervalMs: 200, timeoutMs: 1000 };
  };
  const symptomsOf = async (attempts: readonly Attempt[]): Promise<Record<string, string>> => {
    const { observations } = await probeRound(lab.exec, attempts, { timeScale: USUAL_SPEED });
    return Object.fromEntries(observations.map(({ id, symptom }) => [id, symptom]));
  };

  it("tells the symptoms apart, all in one exec", async () => {
    const attempts = [
      curl("ok", "http://10.77.2.2/"),
      curl("ok v6", "http://[fd77:2::2]/"),
      curl("refused", "http://10.77.2.2:98/"),
      curl("drop", "http://10.77.2.10/"),
      curl("ARP", "http://10.77.1.99/"),
      curl("stall", "http://10.77.2.2:86/"),
      dig("nx"),
      dig("silent"),
      dig("wrongsource"),
      ping("ping", "10.77.2.2"),
      ping("ping drop", "10.77.2.10"),
    ];
    expect(await symptomsOf(attempts)).to.deep.equal({
      ok: "ok",
      "ok v6": "ok",
      refused: "connection-refused",
      drop: "connect-timeout",
      ARP: "host-unreachable",
      stall: "stall",
      nx: "dns-nxdomain",
      silent: "dns-timeout",
      wrongsource: "dns-wrong-source",
      ping: "ok",
      "ping drop": "loss",
    });
  });

  it("carries 12 curls out side by side, each in a frame of its own", async () => {
    const attempts = Array.from({ length: 12 }, (_, n) => curl(`#${n}`, `http://10.77.2.${n % 2 ? 10 : 2}/`));
    const startedAtMs = performance.now();
    const { observations, worstGapMs } = await probeRound(lab.exec, attempts, { timeScale: USUAL_SPEED });
    expect(observations.map(({ symptom }) => symptom)).to.deep.equal(
      attempts.map((_, n) => (n % 2 ? "connect-timeout" : "ok")),
    );
    expect(new Set(observations.flatMap(({ seen }) => seen.sourcePort ?? [])).size).to.equal(6);
    expect(worstGapMs).to.be.a("number");
    // Six time-outs of 4.5 s one after another would take 27 s.
    expect(performance.now() - startedAtMs).to.be.below(20_000);
  });

  it("ends a connect that is decided, by what the kernel says of it, and no other", async () => {
    const watched = (id: string, url: string, sourcePort: number, more: Partial<CurlAttempt> = {}) =>
      curl(id, url, { sourcePort, ...more });
    const { observations } = await probeRound(
      lab.exec,
      [
        watched("drop", "http://10.77.2.10/", 20_001),
        watched("drop v6", "http://[fd77:2::10]/", 20_002),
        watched("patient", "http://10.77.2.10/", 20_003, { patient: true, connectTimeoutMs: 3500 }),
        watched("ARP", "http://10.77.1.99/", 20_004),
        watched("refused", "http://10.77.2.2:98/", 20_005),
        watched("ok", "http://10.77.2.2/", 20_006),
      ],
      { timeScale: USUAL_SPEED },
    );
    const byId = new Map(observations.map((one) => [one.id, one]));
    const told = observations.map(({ id, symptom, early }) => [id, symptom, early !== undefined]);
    expect(told).to.deep.equal([
      ["drop", "connect-timeout", true],
      ["drop v6", "connect-timeout", true],
      ["patient", "connect-timeout", false],
      ["ARP", "host-unreachable", false],
      ["refused", "connection-refused", false],
      ["ok", "ok", false],
    ]);
    expect(byId.get("ok")?.seen).to.include({ sourcePort: 20_006, clientPort: 20_006, remotePort: 80 });
  });

  it("ends a connect as soon as it is decided where no neighbour is asked for", async () => {
    const drop = curl("drop", "http://10.77.2.10/", { sourcePort: 20_011 });
    const patient = curl("patient", "http://10.77.2.10/", { sourcePort: 20_012, patient: true });
    const { observations } = await probeRound(lab.exec, [drop, patient], { timeScale: USUAL_SPEED });
    expect(observations.map(({ symptom }) => symptom)).to.deep.equal(["connect-timeout", "connect-timeout"]);
    const [early, late] = observations;
    expect(early?.early?.resent).to.be.at.least(1);
    expect(early?.durationMs).to.be.below(drop.connectTimeoutMs);
    expect(late?.early).to.equal(undefined);
    expect(late?.durationMs).to.be.at.least(patient.connectTimeoutMs - 20);
  });

  it("resolves names by the pod's own resolv.conf", async () => {
    const resolvConfPid = await lab.resolverPid(["nameserver 10.77.2.2", "search lab.test"]);
    const unreached = await lab.resolverPid(["nameserver 10.77.2.10"]);
    const named = await symptomsOf([
      curl("found", "http://ok/", { resolvConfPid }),
      curl("no such name", "http://nx/", { resolvConfPid }),
      curl("silence", "http://ok.lab.test/", { resolvConfPid: unreached, connectTimeoutMs: 2000 }),
    ]);
    expect(named).to.deep.equal({ found: "ok", "no such name": "dns-nxdomain", silence: "dns-timeout" });
  });

  it("runs nothing that a value holds, and says unknown of what it cannot try", async () => {
    const marker = `${tmpdir()}/${lab.id}-ran`;
    const hostile = `$(touch ${marker})\`touch ${marker}\`';touch ${marker};"`;
    const attempts = [
      { ...dig("x"), id: "name", name: hostile },
      { ...dig("x"), id: "server", server: hostile },
      { ...ping("address", hostile) },
      { ...curl("url", `http://10.77.2.2/${hostile}`) },
      { ...curl("gone", "http://10.77.2.2/"), netnsPid: 999_999_999 },
    ];
    const symptoms = await symptomsOf(attempts);
    expect(existsSync(marker)).to.equal(false);
    expect(symptoms).to.include({ server: "unknown", address: "unknown", gone: "unknown" });
  });

  it("says so when its request was cut or names another tool, and runs none of it", async () => {
    const words = requestWords([ping("ping", "10.77.2.2")]);
    const argv = ["perl", "-e", PROBER, "fl-test"];
    const cut = await lab.exec([...argv, ...words.slice(0, -2)]);
    expect(cut.stdout).to.include("fl-test error the request was cut");
    const other = await lab.exec([...argv, ...words.map((word) => (word === "ping" ? "sh" : word))]);
    expect(other.stdout).to.include("fl-test error not a probe");
  });

  it("ends a tool at its bound, whatever it does, and says so as timeout(1) would", async () => {
    const words = requestWords([curl("stall", "http://10.77.2.2:86/", { totalTimeoutMs: 30_000 })]);
    const hurried = words.map((word, at) => (at === 3 ? "1" : word));
    const { stdout } = await lab.exec(["perl", "-e", PROBER, "fl-test", ...hurried]);
    const { records, close } = parseFrames(stdout, "fl-test");
    expect(close?.count).to.equal(1);
    expect(records.get(0)?.exitCode).to.equal(124);
    expect(records.get(0)?.durationMs).to.be.within(900, 10_000);
    expect(records.get(0)?.stderr).to.contain("Connected to 10.77.2.2");
  });

  it("leaves no temporary directory, neither at its end nor when it is ended", async () => {
    const own = mkdtempSync(join(tmpdir(), "fl-it-"));
    const attempts = [curl("stall", "http://10.77.2.2:86/", { totalTimeoutMs: 4600 })];
    const within = (prefix: readonly string[]): Exec => {
      return (argv, options) => lab.exec([...prefix, ...argv], { ...options, env: { TMPDIR: own } });
    };
    const whole = await probeRound(within([]), attempts, { timeScale: USUAL_SPEED });
    expect(whole.observations[0]?.symptom).to.equal("stall");
    expect(readdirSync(own)).to.deep.equal([]);
    const ended = await probeRound(within(["timeout", "2"]), attempts, { timeScale: USUAL_SPEED });
    expect(ended.observations[0]?.symptom).to.equal("unknown");
    expect(readdirSync(own)).to.deep.equal([]);
    rmSync(own, { recursive: true });
  });
});
