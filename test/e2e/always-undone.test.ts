import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LEASE } from "../../lib/faults/run/dead-man.ts";
import { containerTarget, type Target } from "../../lib/faults/run/target.ts";
import { injectFault } from "../../lib/faults/run/inject.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { nightly } from "../nightly.ts";
import { sampled, sampleTitle } from "../sample.ts";
import type { TestCluster } from "./cluster.ts";
import { faultline } from "./command-line.ts";
import { killedRun } from "./killed-run.ts";
import { sharedCluster, type SharedCluster } from "./shared.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

/** kube-proxy and the kubelet take their time to put back what is theirs. */
const SETTLE = { budgetMs: 30_000, intervalMs: 500 };

const SUITES = [
  "nodes/ip-forward",
  "services/bridge-nf-call-iptables",
  "overlay/vxlan-port-blocked",
  "services/no-endpoints",
  "dns/coredns-loop",
  "overlay/pod-cidr-overlap",
  "overlay/vxlan-link-down",
];
const isEven = (_: unknown, index: number) => index % 2 === 0;
const isOdd = (_: unknown, index: number) => index % 2 === 1;
/** Runs to be killed: within the first round of probes under the fault, or at any time. One takes 15 s. */
const IN_FORCE = SUITES.filter(isEven).map((suite, at) => ({ suite, afterMs: at * 300, since: "read-back" as const }));
const ANY_TIME = SUITES.filter(isOdd).map((suite, at) => {
  return { suite, afterMs: 300 + at * 600, since: "scenario-started" as const };
});
const CHOSEN = [...sampled(IN_FORCE, 1), ...sampled(ANY_TIME, 1)];

describe("always undone, on a real kind cluster", function () {
  let cluster: SharedCluster;
  const dir = mkdtempSync(join(tmpdir(), "faultline-undone-"));

  before(async function () {
    cluster = await sharedCluster();
  });

  after(function () {
    rmSync(dir, { recursive: true });
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
    containerTarget({ node: "A", container: cluster.containers.A, cluster: cluster.name, host: USUAL_HOST });

  it(`kill -9 in the middle of ${sampleTitle(CHOSEN.length, SUITES.length, "suites")}, then heal: both nodes as before`, async function () {
    const [A, B] = await Promise.all([cluster.fingerprint("A"), cluster.fingerprint("B")]);
    let open = 0;
    for (const { suite, afterMs, since } of CHOSEN) {
      const killed = await killedRun(suite, cluster.name, afterMs, since);
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
    expect(open, "kills that met a fault").to.be.at.least(CHOSEN.length > 2 ? 2 : 1);
  });

  it("nobody heals, and the node's link is down: its dead-man does, within the lease and two seconds", async function () {
    const before = await cluster.fingerprint("A");
    using journal = openJournal(join(dir, "dead-man.ndjson"));
    const node = await target();
    // Injected here and never renewed: a lease is all that this process gives it.
    const nodeFault = { node: "A", fault: { kind: "link", device: "eth0", state: "down" } } as const;
    await injectFault({ target: node, nodeFault, journal, lease: { leaseMs: 6_000, longestMs: 6_000 } });
    expect(await cluster.onNode("A", ["cat", "/sys/class/net/eth0/operstate"])).to.equal("down\n");
    await sleep(8_000);
    expect(await cluster.onNode("A", ["cat", "/sys/class/net/eth0/operstate"])).to.equal("up\n");
    await asBefore("A", before);
    const { ok, outcomes } = await healRun(journal.path, { host: USUAL_HOST });
    expect(ok).to.equal(true);
    expect(outcomes[0]?.finding).to.match(/dead-man/);
  });

  nightly("real-lease", () => {
    it("kill -9 and no heal: undone by the time the real lease has passed", async function () {
      const before = await cluster.fingerprint("A");
      const { open, runId } = await killedRun("nodes/ip-forward", cluster.name, 200, "read-back");
      expect(open, "the kill met a fault").to.have.length(1);
      await sleep(LEASE.leaseMs + 2_000);
      expect(await cluster.onNode("A", ["cat", "/proc/sys/net/ipv4/ip_forward"])).to.equal("1\n");
      await asBefore("A", before);
      expect((await faultline(["heal", "--run", runId])).code).to.equal(0);
    });
  });
});
