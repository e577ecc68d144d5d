import { expect } from "chai";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "../../../../lib/model/cluster.ts";
import { CAPTURE } from "../../../../lib/evidence/capture.ts";
import { EVIDENCE_LEVELS, keptFor, startEvidence, type EvidenceLevel } from "../../../../lib/evidence/evidence.ts";
import { evidenceFolder, scenarioEvidence } from "../../../../lib/evidence/scenario-evidence.ts";
import type { Mode } from "../../../../lib/model/mode.ts";
import type { EvidenceIndex } from "../../../../lib/evidence/index-file.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

/** An empty capture of LINUX_SLL2. */
const PCAP = Buffer.from("d4c3b2a1020004000000000000000000000100001401000000", "hex").subarray(0, 24);

/** Answers as a healthy node would; what `broken` names fails. */
function node(asked: string[], name: string, broken: readonly string[] = []): Exec {
  let drops = 0;
  return (argv) => {
    const [, , script, , ...args] = argv;
    const [what = "", id = ""] = script === CAPTURE ? args : ["state", args[0]];
    asked.push(`${name} ${what}`);
    if (what === "state") drops += 1;
    const said: Readonly<Record<string, string>> = {
      start: `@@ ${id} clock\n2026-01-01T00:00:00Z\n12.5\n@@ ${id} addresses\n[]\n@@ ${id} peers\n@@ ${id} end\n`,
      stop: `@@ ${id} said\n0 packets captured\n@@ ${id} addresses\n[]\n@@ ${id} pcap\n${PCAP.toString("base64")}\n@@ ${id} end\n`,
      state: `@@ ${id} nstat\nTcpExtListenDrops ${drops} 0.0\n@@ ${id} nft\n@@ ${id} ../x\nx\n@! ${id} conntrack not found\n@@ ${id} end\n`,
    };
    const failed = broken.includes(`${name} ${what}`);
    const ended = failed
      ? { exitCode: 1, stdout: "", stderr: "faultline: tcpdump not found\n" }
      : { exitCode: 0, stdout: said[what] ?? "", stderr: "" };
    return Promise.resolve({ argv, timedOut: false, durationMs: 1, ...ended });
  };
}

describe("evidence of a scenario", () => {
  let dir = "";
  let asked: string[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "faultline-evidence-"));
    asked = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function take(broken: readonly string[] = [], level: EvidenceLevel = "all", folder = join(dir, "evidence", "x")) {
    const nodes: Partial<Record<Parameters<Cluster["exec"]>[0], Exec>> = {
      A: node(asked, "A", broken),
      B: node(asked, "B", broken),
    };
    const exec: Cluster["exec"] = (place) => nodes[place] ?? node(asked, place, broken);
    const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
    return startEvidence({ cluster, where: WHERE, dir: folder, level });
  }

  async function whole(broken?: readonly string[], level?: EvidenceLevel) {
    const evidence = await take(broken, level);
    await evidence.mark("before");
    await evidence.mark("during");
    await evidence.stop();
    await evidence.mark("after");
    return evidence;
  }

  const indexOf = (folder: string) => JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as EvidenceIndex;

  it("asks each node once for each thing, and no node twice under two names", async () => {
    await (await whole()).keep("full");
    expect(asked.sort()).to.deep.equal(
      ["A", "B"].flatMap((one) => [...[`${one} start`, `${one} state`, `${one} state`, `${one} state`, `${one} stop`]]),
    );
  });

  it("is plain files for nobody but the owner", async () => {
    const kept = await (await whole()).keep("full");
    const folder = kept.dir ?? "";
    expect(readdirSync(folder)).to.have.members([
      "before",
      "during",
      "after",
      "A.pcap",
      "B.pcap",
      "index.json",
      "interfaces.json",
      "where.json",
    ]);
    expect(readFileSync(join(folder, "A.pcap"))).to.deep.equal(PCAP);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    for (const file of files) {
      const mode = statSync(join(file.parentPath, file.name)).mode & 0o777;
      expect(mode, file.name).to.equal(file.isDirectory() ? 0o700 : 0o600);
    }
    const onDisk = files.filter((file) => file.isFile());
    expect(kept.files).to.equal(onDisk.length);
    expect(kept.bytes).to.equal(onDisk.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0));
    // What a node calls a section stays in its place.
    expect(readdirSync(join(folder, "during", "A"))).to.have.members(["nstat.txt", ".._x.txt"]);
  });

  it("tells what rose, what was empty and what is missing", async () => {
    const kept = await (await whole()).keep("small");
    const { counters, states, captures } = indexOf(kept.dir ?? "");
    const ofA = counters.filter((one) => one.node === "A");
    expect(ofA.map(({ moment, of, deltas }) => [moment, of, deltas])).to.deep.equal([
      ["during", "nstat", { TcpExtListenDrops: 1 }],
      ["after", "nstat", { TcpExtListenDrops: 2 }],
    ]);
    expect(states[0]).to.deep.include({ empty: ["nft"], missing: ["conntrack not found"] });
    expect(captures[0]?.counts).to.deep.equal({ packets: 0, droppedByKernel: null, cut: false });
  });

  it("is only its summary where little is kept, and nothing where nothing is", async () => {
    const small = await (await whole()).keep("small");
    expect(readdirSync(small.dir ?? "")).to.have.members(["index.json", "interfaces.json", "where.json"]);
    expect(small.files).to.equal(3);
    const folder = join(dir, "evidence", "x-2");
    const none = await (await whole()).keep("none");
    expect(none).to.deep.equal({ dir: null, kept: "none", files: 0, bytes: 0, trouble: [] });
    expect(existsSync(folder)).to.be.false;
  });

  it("of a second run does not overwrite the first's", async () => {
    const first = await (await whole()).keep("full");
    const second = await (await whole()).keep("full");
    expect([first.dir, second.dir]).to.deep.equal([join(dir, "evidence", "x"), join(dir, "evidence", "x-2")]);
  });

  it("is taken of the others where a node has no tcpdump or does not answer, and says so", async () => {
    const kept = await (await whole(["A start", "B state"])).keep("full");
    expect(kept.trouble).to.have.members([
      "capture on A: capture start: tcpdump not found",
      ...["before", "during", "after"].map((moment) =>
        kept.trouble.find((one) => one.startsWith(`state ${moment} on B: exit 1`)),
      ),
    ]);
    expect(kept.trouble).to.have.length(4);
    const index = indexOf(kept.dir ?? "");
    expect(index.captures.map((one) => one.node)).to.deep.equal(["B"]);
    expect(index.trouble).to.deep.equal(kept.trouble);
  });

  it("never throws, also where nothing can be written", async () => {
    writeFileSync(join(dir, "evidence"), "in the way");
    const evidence = await whole();
    const kept = await evidence.keep("full");
    expect(kept.trouble.join()).to.match(/EEXIST|ENOTDIR/);
    expect(asked).to.be.empty;
  });

  it("is not even taken where none is wanted", async () => {
    expect((await (await whole([], "none")).keep("full")).kept).to.equal("none");
    expect(asked).to.be.empty;
  });

  it("is kept whole of what surprises: a pass does in a selfcheck, a fail does not", () => {
    const all = (mode: Mode) =>
      (["pass", "fail", "unknown", "skip"] as const).map((verdict) =>
        EVIDENCE_LEVELS.map((level) => keptFor(level, verdict, mode)),
      );
    const [whole, little] = [
      ["full", "full", "none"],
      ["full", "small", "none"],
    ];
    expect(all("as-claimed")).to.deep.equal([little, whole, whole, little]);
    for (const mode of ["no-fault", "swapped"] as const)
      expect(all(mode)).to.deep.equal([whole, little, whole, little]);
  });

  for (const isWorth of [true, false]) {
    it(`reads the state of after ${isWorth ? "where" : "not unless"} all of it would be kept`, async () => {
      const exec: Cluster["exec"] = (place) => node(asked, place);
      const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
      const evidence = scenarioEvidence({ cluster, dir: join(dir, "x"), level: "failures", isWorthAll: () => isWorth });
      await evidence.begin(WHERE);
      await evidence.mark("during");
      await evidence.mark("after");
      await evidence.keep("full");
      const { states } = JSON.parse(readFileSync(join(dir, "x", "index.json"), "utf8")) as EvidenceIndex;
      const moments = [...new Set(states.map(({ moment }) => moment))];
      expect(moments).to.deep.equal(["before", "during", ...(isWorth ? ["after"] : [])]);
    });
  }

  it("drops what it has, and leaves nothing on the nodes, where it begins once more", async () => {
    const exec: Cluster["exec"] = (place) => node(asked, place);
    const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
    const evidence = scenarioEvidence({ cluster, dir: join(dir, "x"), level: "all", isWorthAll: () => true });
    await evidence.begin(WHERE);
    await evidence.begin(WHERE);
    expect((await evidence.keep("full")).dir).to.equal(join(dir, "x"));
    expect(readdirSync(dir)).to.deep.equal(["x"]);
    const count = (what: string) => asked.filter((one) => one.endsWith(` ${what}`)).length;
    expect([count("start"), count("stop"), count("state")]).to.deep.equal([4, 4, 4]);
  });

  for (const [which, second, starts] of [
    ["of the same place share one start", WHERE, 2],
    ["of two places start one after the other, and the later one stays", { ...WHERE }, 4],
  ] as const) {
    it(`two calls to begin at once ${which}: every capture that starts is ended`, async () => {
      const exec: Cluster["exec"] = (place) => node(asked, place);
      const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec, locate: () => Promise.resolve(WHERE) };
      const evidence = scenarioEvidence({ cluster, dir: join(dir, "x"), level: "all", isWorthAll: () => true });
      await Promise.all([evidence.begin(WHERE), evidence.begin(second)]);
      expect((await evidence.keep("full")).trouble).to.be.empty;
      expect(readdirSync(dir)).to.deep.equal(["x"]);
      const count = (what: string) => asked.filter((one) => one.endsWith(` ${what}`)).length;
      expect([count("start"), count("stop")]).to.deep.equal([starts, starts]);
    });
  }

  it("has nothing before it begins", async () => {
    const cluster = { record: RECORD } as Cluster;
    const evidence = scenarioEvidence({ cluster, dir: join(dir, "x"), level: "all", isWorthAll: () => true });
    await evidence.mark("during");
    await evidence.stop();
    expect((await evidence.keep("full")).dir).to.equal(null);
    expect(readdirSync(dir)).to.be.empty;
  });

  it("has a folder of its own for each scenario and mode", () => {
    expect(evidenceFolder("services/no-endpoints", "as-claimed")).to.equal("services-no-endpoints");
    expect(evidenceFolder("../../x", "swapped")).to.equal("..-..-x--swapped");
  });
});
