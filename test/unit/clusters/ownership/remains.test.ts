import { expect } from "chai";
import { describe as inWords } from "../../../../cli/commands/gc.ts";
import { fateOf, findParts, remainsOf, type Remains } from "../../../../clusters/ownership/remains.ts";
import { engineTimeMs } from "../../../../clusters/ownership/owner.ts";
import { ExecError, type Exec } from "../../../../lib/host/exec.ts";

const BOOT = "3f8a2517-9b43-454b-90d1-d507eabbb7e6";
const owner = (pid: number) => `${pid}/1269542/${BOOT}/4026531836`;
const RUNS = "/srv/checkout/runs/";
const runDir = (run: string) => `${RUNS}${run}/cells/flannel`;
const row = (...columns: readonly string[]) => columns.join("\t");

/**
 * As Docker 20.10 and iptables 1.8 print them: a whole cluster, one without a network, a lone rule, and foreign
 * entries.
 */
const NETWORKS = [
  row("2ee61cc50de1", "2026-11-21 14:41:56.982300115 +0000 UTC", "faultline-whole", owner(1), runDir("1")),
].join("\n");
const CONTAINERS = [
  row(
    "faultline/node:1.34.4-4b2595ff1341",
    "2026-11-21 14:42:27 +0000 UTC",
    "faultline-whole",
    "",
    owner(1),
    runDir("1"),
  ),
  row("faultline/node:1.34.4-4b2595ff1341", "2026-11-21 14:41:57 +0000 UTC", "", "faultline-whole", "", ""),
  row("0274dad8bb90", "2026-11-21 14:41:57 +0000 UTC", "", "faultline-whole", "", ""),
  row("0274dad8bb90", "2026-11-21 14:43:57 +0000 UTC", "", "faultline-whole-peer", "", ""),
  row("faultline/node:1.34.4-4b2595ff1341", "2026-11-21 14:41:57 +0000 UTC", "", "faultline-nodes", "", ""),
  row("kindest/node:v1.34.0", "2026-11-21 14:41:57 +0000 UTC", "", "somebody-elses", "", ""),
  row("nginx", "2026-11-21 14:41:57 +0000 UTC", "", "", "", ""),
].join("\n");
const RULES = `-N DOCKER-USER
-A DOCKER-USER -i fl-whole ! -o fl-whole -m comment --comment "faultline:faultline-whole ${owner(1)}" -j DROP
-A DOCKER-USER -i fl-rule ! -o fl-rule -m comment --comment "faultline:faultline-rule ${owner(3)}" -j DROP
-A DOCKER-USER -j RETURN
`;

const RULES6 = `-P FORWARD ACCEPT
-A FORWARD -i fl-whole ! -o fl-whole -m comment --comment "faultline:faultline-whole ${owner(1)}" -j DROP
-A FORWARD -i fl-rule6 ! -o fl-rule6 -m comment --comment "faultline:faultline-rule6 ${owner(3)}" -j DROP
`;

const machine =
  (answers: Readonly<Record<string, string | null>>): Exec =>
  (argv) => {
    const line = argv.join(" ");
    const [, stdout = ""] = Object.entries(answers).find(([start]) => line.startsWith(start)) ?? [];
    const exitCode = stdout === null ? 1 : 0;
    return Promise.resolve({ argv, exitCode, timedOut: false, stdout: stdout ?? "", stderr: "", durationMs: 1 });
  };
const ENGINE = { "docker network ls": NETWORKS, "docker ps": CONTAINERS, iptables: RULES, ip6tables: RULES6 };
const LEASES = [{ cluster: "faultline-lease", owner: owner(4), runDir: runDir("4"), takenAtMs: 1 }];
const KNOWN = [{ cluster: "faultline-nodes", owner: owner(2), runDir: runDir("2") }];

describe("the list of remains", () => {
  it("is built from labels, rules and leases, and grouped by cluster", async () => {
    const remains = remainsOf(await findParts(machine(ENGINE), LEASES), KNOWN);
    expect(remains).to.deep.equal([
      {
        cluster: "faultline-lease",
        parts: { nodes: 0, outside: 0, networks: 0, rules: 0 },
        owners: [owner(4)],
        runDirs: [runDir("4")],
        madeAtMs: null,
      },
      {
        cluster: "faultline-nodes",
        parts: { nodes: 1, outside: 0, networks: 0, rules: 0 },
        owners: [owner(2)],
        runDirs: [runDir("2")],
        madeAtMs: Date.parse("2026-11-21T14:41:57Z"),
      },
      {
        cluster: "faultline-rule",
        parts: { nodes: 0, outside: 0, networks: 0, rules: 1 },
        owners: [owner(3)],
        runDirs: [],
        madeAtMs: null,
      },
      {
        cluster: "faultline-rule6",
        parts: { nodes: 0, outside: 0, networks: 0, rules: 1 },
        owners: [owner(3)],
        runDirs: [],
        madeAtMs: null,
      },
      {
        cluster: "faultline-whole",
        // One of each IP family.
        parts: { nodes: 3, outside: 1, networks: 1, rules: 2 },
        owners: [owner(1)],
        runDirs: [runDir("1")],
        madeAtMs: Date.parse("2026-11-21T14:41:56Z"),
      },
    ]);
  });

  for (const silent of ["docker network ls", "docker ps"]) {
    it(`is an error when ${silent} does not answer: parts would look ownerless`, async () => {
      const error: unknown = await findParts(machine({ ...ENGINE, [silent]: null }), LEASES).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(ExecError);
    });
  }

  it("lacks the rules where the firewall does not show them", async () => {
    const { rules, networks } = await findParts(machine({ ...ENGINE, iptables: null, ip6tables: null }), []);
    expect(rules).to.deep.equal([]);
    expect(networks).to.have.length(1);
  });
});

describe("the fate of remains", () => {
  const remains = (parts: Partial<Remains["parts"]>, ...runDirs: readonly string[]): Remains => ({
    cluster: "c",
    parts: { nodes: 0, outside: 0, networks: 0, rules: 0, ...parts },
    owners: [],
    runDirs,
    madeAtMs: null,
  });
  const mine = remains({ nodes: 2, networks: 1, rules: 1 }, runDir("1"));
  const others = remains({ nodes: 2, networks: 1, rules: 1 }, "/elsewhere/runs/1/cells/flannel");
  const nobodys = remains({ nodes: 1 });
  const onlyRule = remains({ rules: 2 });
  const onlyLease = remains({}, "/elsewhere/runs/1/cells/flannel");
  const fate = (what: Remains, states: Parameters<typeof fateOf>[1], all = false) =>
    fateOf(what, states, { runs: RUNS, all });

  it("is deletion when all owners are gone and a run of this checkout made it", () => {
    expect(fate(mine, ["gone", "gone"])).to.equal("delete");
    expect(fate(mine, [])).to.equal("delete");
  });

  it("is never deletion while one owner lives, with or without --all", () => {
    for (const what of [mine, others, onlyRule, onlyLease]) {
      expect(fate(what, ["gone", "lives"])).to.equal("in use");
      expect(fate(what, ["lives", "unseen"], true)).to.equal("in use");
    }
  });

  it("needs --all when an owner is unseen, or another checkout or an unknown run made it", () => {
    expect([fate(mine, ["unseen"]), fate(mine, ["unseen"], true)]).to.deep.equal(["unseen", "delete"]);
    expect([fate(others, ["gone"]), fate(others, ["gone"], true)]).to.deep.equal(["another checkout", "delete"]);
    expect([fate(nobodys, []), fate(nobodys, [], true)]).to.deep.equal(["another checkout", "delete"]);
    expect(fate(remains({ nodes: 1 }, "/srv/checkout/runs-of-another/1"), ["gone"])).to.equal("another checkout");
  });

  it("is deletion for a rule or lease without its cluster, from any maker", () => {
    expect([fate(onlyRule, ["gone"]), fate(onlyLease, ["gone"])]).to.deep.equal(["delete", "delete"]);
    expect(fate(onlyRule, ["unseen"])).to.equal("unseen");
  });

  it("includes the age of the oldest part", () => {
    const madeAtMs = Date.parse("2026-11-21T14:00:00Z");
    const after = (seconds: number) => inWords({ ...mine, madeAtMs }, madeAtMs + seconds * 1000);
    expect(after(50)).to.equal("made 50 s ago, 2 nodes, network, closing rule");
    expect(after(119 * 60)).to.match(/^made 119 min ago/);
    expect(after(47 * 3600)).to.match(/^made 47 h ago/);
    expect(after(48 * 3600)).to.match(/^made 2 days ago/);
    expect(after(-5), "the engine's clock may be ahead").to.match(/^made 0 s ago/);
    expect(inWords(nobodys)).to.equal("1 node");
    expect(inWords(onlyLease)).to.equal("a lease");
  });

  it("parses the engine's times in any zone, and no other text", () => {
    expect(engineTimeMs("2026-11-21 16:41:56.9 +0200 CEST")).to.equal(Date.parse("2026-11-21T14:41:56Z"));
    expect(engineTimeMs("2 hours ago")).to.equal(null);
    expect(engineTimeMs("")).to.equal(null);
  });
});
