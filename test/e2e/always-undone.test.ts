import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { LEASE } from "../../lib/faults/run/dead-man.ts";
import { containerTarget, type Target } from "../../lib/faults/run/target.ts";
import { injectFault } from "../../lib/faults/run/inject.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { join } from "node:path";
import { clusterOf, deleteLeftBy, type TestCluster } from "./cluster.ts";
import { faultline, latestReport, mustEnd, RUNS, type Outcome } from "./command-line.ts";
import { killedRun } from "./killed-run.ts";

/** kube-proxy and the kubelet take their time to put back what is theirs. */
const SETTLE = { budgetMs: 30_000, intervalMs: 500 };

describe("always undone, on a real kind cluster", function () {
  let made: Outcome | undefined;
  let cluster: TestCluster;
  let runDir: string;

  before("a cluster of its own", async function () {
    made = await faultline(["run", "baseline/packet-flow", "--yes", "--keep", "always", "--progress", "plain"]);
    mustEnd(made);
    const run = latestReport();
    cluster = clusterOf(run);
    runDir = join(RUNS, run.runId);
  });

  after("delete it", async function () {
    await deleteLeftBy(made);
  });

  const asBefore = async (node: "A" | "B", before: Awaited<ReturnType<TestCluster["fingerprint"]>>): Promise<void> => {
    await waitFor(
      `node ${node} to be as before`,
      async () => {
        const differences = await cluster.differences(node, before);
        if (differences.length > 0) throw new Error(differences.join("; "));
      },
      SETTLE,
    );
  };
  const target = (): Promise<Target> =>
    containerTarget({ node: "A", container: cluster.containers.A, cluster: cluster.name });

  it("kill -9 at seven moments of a run, then heal: both nodes as before", async function () {
    const [A, B] = await Promise.all([cluster.fingerprint("A"), cluster.fingerprint("B")]);
    let open = 0;
    for (const [index, suite] of KILLED.entries()) {
      const since = index % 2 === 0 ? "read-back" : "scenario-started";
      const killed = await killedRun(suite, cluster.name, index * 300, since);
      open += killed.open.length;
      const { code, stdout } = await faultline(["heal", "--run", killed.runId]);
      expect(code, stdout).to.equal(0);
      await asBefore("A", A);
      await asBefore("B", B);
      for (const node of ["A", "B"] as const) {
        expect(await cluster.onNode(node, ["ls", "-A", "/run/faultline/evidence"]), "captures").to.equal("");
        expect((await cluster.onNode(node, ["ps", "-eo", "comm"])).split("\n")).not.to.include("tcpdump");
      }
    }
    expect(open, "kills that met a fault").to.be.above(1);
  });

  it("nobody heals, and the node's link is down: its dead-man does, within the lease and two seconds", async function () {
    const before = await cluster.fingerprint("A");
    using journal = openJournal(join(runDir, "cells", "dead-man", "journal.ndjson"));
    const node = await target();
    // Injected here and never renewed: a lease is all that this process gives it.
    const nodeFault = { node: "A", fault: { kind: "link", device: "eth0", state: "down" } } as const;
    await injectFault({ target: node, nodeFault, journal, lease: { leaseMs: 6_000, longestMs: 6_000 } });
    expect(await cluster.onNode("A", ["cat", "/sys/class/net/eth0/operstate"])).to.equal("down\n");
    await sleep(8_000);
    expect(await cluster.onNode("A", ["cat", "/sys/class/net/eth0/operstate"])).to.equal("up\n");
    await asBefore("A", before);
    const { ok, outcomes } = await healRun(journal.path);
    expect(ok).to.equal(true);
    expect(outcomes[0]?.finding).to.match(/dead-man/);
  });

  it("kill -9 and no heal: undone by the time the real lease has passed", async function () {
    const before = await cluster.fingerprint("A");
    const { open, runId } = await killedRun("nodes/ip-forward", cluster.name, 200, "read-back");
    expect(open, "the kill met a fault").to.have.length(1);
    await sleep(LEASE.leaseMs + 2_000);
    expect(await cluster.onNode("A", ["cat", "/proc/sys/net/ipv4/ip_forward"])).to.equal("1\n");
    await asBefore("A", before);
    expect((await faultline(["heal", "--run", runId])).code).to.equal(0);
  });

  it("the node is restarted with the fault in force: closed as gone, its successor is sent nothing", async function () {
    using journal = openJournal(join(runDir, "cells", "restarted", "journal.ndjson"));
    const nodeFault = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;
    const injected = await injectFault({ target: await target(), nodeFault, journal });
    await mustExec(hostExec, ["docker", "restart", "--time", "1", cluster.containers.A]);
    const { ok, outcomes } = await healRun(journal.path);
    expect(ok).to.equal(true);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["gone"]);
    expect(outcomes[0]?.detail).to.match(/restarted/);
    expect(await injected.heal(), "the run's own heal").to.include({ ok: true, outcome: "gone" });
    const { stdout } = await mustExec(hostExec, ["docker", "exec", cluster.containers.A, "ls", "/run"]);
    expect(stdout.split("\n"), "nothing of ours on the node that came back").not.to.include("faultline");
  });

  it("the node is deleted with the fault in force: closed as gone", async function () {
    using journal = openJournal(join(runDir, "cells", "deleted", "journal.ndjson"));
    const nodeFault = {
      node: "A",
      fault: { kind: "drop", hook: "input", protocol: "tcp", destinationPort: 81 },
    } as const;
    const injected = await injectFault({ target: await target(), nodeFault, journal });
    await mustExec(hostExec, ["docker", "rm", "--force", "--volumes", cluster.containers.A]);
    const { ok, outcomes } = await healRun(journal.path);
    expect(ok).to.equal(true);
    expect(outcomes[0]).to.include({ outcome: "gone" });
    expect(outcomes[0]?.detail).to.match(/deleted/);
    expect(await injected.heal(), "the run's own heal").to.include({ ok: true, outcome: "gone" });
  });
});

const KILLED = [
  "nodes/ip-forward",
  "services/bridge-nf-call-iptables",
  "overlay/vxlan-port-blocked",
  "services/no-endpoints",
  "dns/coredns-loop",
  "overlay/pod-cidr-overlap",
  "overlay/vxlan-link-down",
];
