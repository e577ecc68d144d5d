import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import { chosenSuites, scenariosOf } from "../../cli/cell/suites.ts";
import { hostExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { nightly } from "../nightly.ts";
import { faultline, latestReport, launch, mustEnd, resultOf, RUNS, runReported } from "./command-line.ts";
import { injectedIn } from "./cluster.ts";
import { makeShared, type SharedCluster } from "./shared.ts";

const SEED_SUITES = [
  "baseline/packet-flow",
  "dns/coredns-loop",
  "nodes/forward-drop",
  "nodes/ip-forward",
  "overlay/pod-cidr-overlap",
  "overlay/vxlan-link-bounced",
  "overlay/vxlan-link-down",
  "overlay/vxlan-port-blocked",
  "services/bridge-nf-call-iptables",
  "services/bridge-nf-intermittent-dns",
  "services/no-endpoints",
];

describe("the main job on a real kind cluster", function () {
  let cluster: SharedCluster;
  let run: Run;

  before("one run of everything, its cluster kept for what follows", async function () {
    cluster = await makeShared([]);
    run = cluster.run;
  });

  it("passes every suite, the seeds among them, but for those that need IPv6, and says so", async function () {
    const scenarios = await scenariosOf(await chosenSuites([]));
    const needIpv6 = scenarios.filter(({ needs }) => needs?.families?.includes("IPv6"));
    const verdicts = run.results.map(({ scenario, verdict }) => `${scenario} ${verdict}`).sort();
    expect(verdicts).to.include.members(SEED_SUITES.map((id) => `${id} pass`));
    const skipped = run.results.filter(({ verdict }) => verdict === "skip");
    expect(skipped.map(({ scenario, reason }) => `${scenario}: ${reason}`).sort()).to.deep.equal(
      needIpv6.map(({ id }) => `${id}: the cell has no IPv6`).sort(),
    );
    const skip = needIpv6.length;
    expect(run.summary).to.deep.equal({ pass: scenarios.length - skip, fail: 0, unknown: 0, skip });
    expect(verdicts.length).to.equal(scenarios.length);
  });

  it("skips what needs a third node on a cluster of two, and says what to do", async function () {
    const skipped = await faultline(["run", "three-nodes", "--cluster", cluster.name, "--progress", "none"]);
    mustEnd(skipped);
    const [only, ...more] = runReported(skipped).results;
    expect(more).to.deep.equal([]);
    expect(`${only?.verdict}: ${only?.reason}`).to.match(/^skip: it needs a third node, .* leave out --cluster$/);
  });

  it("writes a report that its published schema describes", function () {
    const schema = JSON.parse(
      readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8"),
    ) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(run), JSON.stringify(validate.errors)).to.equal(true);
  });

  const measuredByHand: readonly (readonly [string, string, string])[] = [
    ["services/bridge-nf-call-iptables", "same → server by ClusterIP", "connect-timeout ×3"],
    ["services/bridge-nf-call-iptables", "same → server by podIP", "ok ×3"],
    ["services/bridge-nf-call-iptables", "other → server by ClusterIP", "ok ×3"],
    ["services/bridge-nf-call-iptables", "other → server by podIP", "ok ×3"],
    ["nodes/ip-forward", "other → server by podIP", "connect-timeout ×3"],
    ["nodes/ip-forward", "other → server by ClusterIP", "connect-timeout ×3"],
    ["nodes/ip-forward", "same → server by ClusterIP", "connect-timeout ×3"],
    ["nodes/ip-forward", "same → server by podIP", "ok ×3"],
    ["overlay/vxlan-link-down", "other → server by podIP", "connect-timeout ×3"],
    ["overlay/vxlan-link-down", "same → server by ClusterIP", "ok ×3"],
    ["overlay/vxlan-port-blocked", "other → server by podIP", "connect-timeout ×3"],
    ["overlay/vxlan-port-blocked", "other → server by ClusterIP", "connect-timeout ×3"],
    ["overlay/vxlan-port-blocked", "other → server by podIP with ping", "loss ×3"],
    ["overlay/vxlan-port-blocked", "same → server by ClusterIP", "ok ×3"],
  ];
  for (const [scenario, path, observed] of measuredByHand) {
    it(`${scenario}: ${path} is ${observed}, as measured by hand`, function () {
      const measured = resultOf(run, scenario).paths.find((one) => one.path === path);
      expect(measured?.observed).to.equal(observed);
    });
  }

  // What was injected is not told to what explains it.
  const trueCauses: readonly (readonly [string, RegExp])[] = [
    ["dns/coredns-loop", /^CoreDNS has stopped itself, Loop … detected/],
    ["nodes/ip-forward", /^net\.ipv4\.ip_forward is 0 on A \(baseline 1\)/],
    ["overlay/pod-cidr-overlap", /^B takes \S+ for a neighbour on eth0, by route .* \(not in the baseline\)/],
    ["overlay/vxlan-link-bounced", /route .* by flannel\.1 is gone on A/],
    ["overlay/vxlan-link-down", /^flannel\.1, the overlay's device, is down \(baseline up\) on A/],
    ["overlay/vxlan-port-blocked", /^the overlay's UDP port 8472 is blocked on A: .* udp dport 8472 drop/],
    ["services/bridge-nf-call-iptables", /^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\)/],
    ["services/bridge-nf-intermittent-dns", /^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\)/],
    ["services/no-endpoints", /^Service faultline\/server has no ready endpoints/],
  ];
  for (const [scenario, cause] of trueCauses) {
    it(`${scenario}: its true cause is the first explanation`, function () {
      const [first] = resultOf(run, scenario).explanations;
      expect(first?.cause).to.match(cause);
      expect(first?.evidence).not.to.be.empty;
    });
  }

  it("judges the same log the same, byte for byte", async function () {
    const { code, stdout } = await faultline(["replay", run.runId]);
    expect(stdout).to.match(/^same report, byte for byte$/m);
    expect(code).to.equal(0);
  });

  /** The mutants that a selfcheck caught, when it caught all. */
  async function allCaught(suites: readonly string[]): Promise<{
    readonly noFault: number;
    readonly wrongNode: number;
    readonly swapped: number;
    readonly said: string;
  }> {
    const { code, stdout } = await faultline(["selfcheck", ...suites, "--cluster", cluster.name, "--progress", "none"]);
    expect(code, stdout).to.equal(0);
    const counts = String.raw`no-fault (\d+) of \2, wrong-node (\d+) of \3, swapped (\d+) of \4`;
    const caught = new RegExp(`selfcheck: (\\d+) of \\1 mutants caught \\(score 100 %\\): ${counts}`).exec(stdout);
    const [noFault = 0, wrongNode = 0, swapped = 0] = caught?.slice(2).map(Number) ?? [];
    return { noFault, wrongNode, swapped, said: stdout };
  }

  it("fails a scenario with no fault, on the wrong node, and with its expectation swapped", async function () {
    const { noFault, wrongNode, swapped, said } = await allCaught(["nodes/ip-forward"]);
    expect({ noFault, wrongNode, swapped }, said).to.deep.equal({ noFault: 1, wrongNode: 1, swapped: 1 });
  });

  nightly("all-mutants", () => {
    it("fails every scenario with no fault or on the wrong node, and every path with its expectation swapped", async function () {
      this.timeout(1_200_000);
      const { noFault, wrongNode, swapped, said } = await allCaught([]);
      // Every suite of this run can fail; suites that break nothing in this cell have no mutant without their fault.
      expect(swapped, said).to.equal(run.summary.pass);
      expect(noFault, said).to.be.at.least(SEED_SUITES.length - 1);
      expect(wrongNode, said).to.be.greaterThan(0);
    });
  });

  it("kill -9 in the middle of a fault, then heal: the node is as before", async function () {
    const before = await cluster.fingerprint("A");
    const { child, outcome } = launch(["run", "nodes/ip-forward", "--cluster", cluster.name, "--progress", "none"]);
    const cellProcess = await injectedIn(child);
    process.kill(cellProcess, "SIGKILL");
    child.kill("SIGKILL");
    await outcome;
    expect(
      (await cluster.onNode("A", ["cat", "/proc/sys/net/ipv4/ip_forward"])).trim(),
      "the fault is in force",
    ).to.equal("0");
    const healed = await faultline(["heal"]);
    expect(healed.code, healed.stdout + healed.stderr).to.equal(0);
    expect(await cluster.differences("A", before)).to.deep.equal([]);
    const again = await faultline(["heal"]);
    expect(again.stdout).to.match(/nothing to undo/);
  });

  it("SIGINT in the middle of a fault: healed, reported, exit 130", async function () {
    const before = await cluster.fingerprint("A");
    const { child, outcome } = launch([
      "run",
      "overlay/vxlan-port-blocked",
      "--cluster",
      cluster.name,
      "--progress",
      "none",
    ]);
    await injectedIn(child);
    const meanwhile = await faultline(["heal"]);
    expect(meanwhile.stdout, "heal leaves a run that is going on alone").to.match(
      /is going on, and undoes its faults itself/,
    );
    child.kill("SIGINT");
    const { code, stderr } = await outcome;
    expect(code, stderr).to.equal(130);
    expect(await cluster.differences("A", before)).to.deep.equal([]);
    expect(latestReport().summary.pass).to.equal(0);
  });

  it("a full disk: no fault without its journal, exit 2, the reason and no stack trace", async function () {
    const before = await cluster.fingerprint("A");
    // In a mount namespace of its own the runs directory is a disk too small for a journal.
    const argv = [
      "unshare",
      "--mount",
      "bash",
      "-c",
      cluster.ON_A_FULL_DISK,
      "full-disk",
      RUNS,
      cluster.recordPath,
      cluster.name,
    ];
    const { exitCode, stdout, stderr } = await hostExec(argv, { timeoutMs: 120_000 });
    expect(exitCode, stdout + stderr).to.equal(2);
    expect(stdout + stderr, stdout + stderr).to.match(/no space left|ENOSPC/i);
    expect(stdout + stderr).not.to.match(/^\s+at .+:\d+:\d+/m);
    expect(await cluster.differences("A", before)).to.deep.equal([]);
  });

  it("keeps its secrets: kubeconfig 0600 in the run directory, ~/.kube untouched", async function () {
    const { stdout } = await hostExec(["find", join(RUNS, run.runId), "-name", "kubeconfig", "-printf", "%m\n"]);
    expect(stdout.trim()).to.equal("600");
    const { stdout: leaked } = await hostExec([
      "grep",
      "-rlE",
      "client-key-data|BEGIN [A-Z ]*PRIVATE KEY",
      join(RUNS, run.runId),
    ]);
    expect(
      leaked
        .trim()
        .split("\n")
        .every((file) => file.endsWith("kubeconfig")),
    ).to.equal(true);
  });
});
