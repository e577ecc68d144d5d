import { expect } from "chai";
import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostExec, mustExec, type Exec } from "../../lib/host/exec.ts";
import { describeScripts, describeUndo, nameScripts } from "../../lib/faults/run/describe.ts";
import { healInjected, injectFault } from "../../lib/faults/run/inject.ts";
import { PODS_RESOLV_CONF } from "../../lib/faults/kinds/resolv-conf/file.ts";
import type { Target } from "../../lib/faults/run/target.ts";
import { diffFingerprints, takeFingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { makeTestNode, type TestNode } from "../fixtures/faults/namespace.ts";
import { cuttable } from "../fixtures/faults/targets.ts";
import { leftOn, stateDir } from "../fixtures/faults/node-state.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";
import { USUAL_SPEED } from "../../lib/host/time-scale.ts";

const BIN = fileURLToPath(new URL("../fixtures/faults/bin", import.meta.url));
const noForwarding = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;

async function inodeOf(path: string): Promise<number> {
  return (await stat(path)).ino;
}

/**
 * Gives the node's name to another namespace. A process holds the old one until the tests are over, so that the new one
 * cannot get its inode.
 */
async function replaceNamespace({ name }: TestNode): Promise<void> {
  const holder = spawn("ip", ["netns", "exec", name, "sleep", "600"], { stdio: "ignore" });
  const old = await inodeOf(`/run/netns/${name}`);
  await waitFor("the holder", async () => expect(await inodeOf(`/proc/${holder.pid}/ns/net`)).to.equal(old), {
    budgetMs: 10_000,
    intervalMs: 20,
  });
  after(() => {
    rmSync(stateDir(String(old)), { recursive: true });
    holder.kill("SIGKILL");
  });
  await mustExec(hostExec, ["ip", "netns", "del", name]);
  await mustExec(hostExec, ["ip", "netns", "add", name]);
}

describe("what becomes of a fault's target", function () {
  this.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), "faultline-targets-"));
  after(() => rmSync(dir, { recursive: true }));

  it("closes a fault as gone when its namespace was deleted", async () => {
    const path = join(dir, "deleted", "journal.ndjson");
    {
      await using node = await makeTestNode();
      using journal = openJournal(path);
      await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    }
    const { ok, outcomes } = await healRun(path, { host: USUAL_HOST });
    expect(ok).to.equal(true);
    expect(outcomes[0]).to.include({ outcome: "gone" });
    expect(await healRun(path, { host: USUAL_HOST })).to.deep.equal({ ok: true, outcomes: [], problems: [] });
  });

  it("closes it as gone when another took its name, and sends that one nothing but its own", async () => {
    const path = join(dir, "successor", "journal.ndjson");
    await using node = await makeTestNode();
    using journal = openJournal(path);
    await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    await replaceNamespace(node);
    await mustExec(node.exec, ["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
    const before = await takeFingerprint(node.exec);
    const { ok, outcomes } = await healRun(path, { host: USUAL_HOST });
    expect(ok).to.equal(true);
    expect(outcomes[0]).to.include({ outcome: "gone", detail: "its network namespace is another" });
    expect(diffFingerprints(before, await takeFingerprint(node.exec))).to.deep.equal([]);
  });

  it("tells what was put into the successor from what died with the one before, in one journal", async () => {
    const path = join(dir, "both", "journal.ndjson");
    await using node = await makeTestNode();
    using journal = openJournal(path);
    await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    await replaceNamespace(node);
    await mustExec(node.exec, ["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
    const before = await takeFingerprint(node.exec);
    const ttl = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_default_ttl", value: "13" } } as const;
    await injectFault({ target: await node.target(), nodeFault: ttl, journal });
    const { ok, outcomes } = await healRun(path, { host: USUAL_HOST });
    expect(ok).to.equal(true);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["undone", "gone"]);
    expect(diffFingerprints(before, await takeFingerprint(node.exec))).to.deep.equal([]);
  });

  it("does the same where the process that injected them heals them itself", async () => {
    const path = join(dir, "itself", "journal.ndjson");
    await using node = await makeTestNode();
    using journal = openJournal(path);
    const first = await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    await replaceNamespace(node);
    const before = await takeFingerprint(node.exec);
    const second = await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    const results = await healInjected([first, second]);
    expect(results.get(second.id)).to.include({ ok: true, outcome: "undone" });
    const why = "the fault ended with its node: its network namespace is another";
    expect(results.get(first.id)).to.deep.include({ ok: true, outcome: "gone", detail: why, finding: why });
    expect(diffFingerprints(before, await takeFingerprint(node.exec))).to.deep.equal([]);
    expect(await healRun(path, { host: USUAL_HOST })).to.deep.equal({ ok: true, outcomes: [], problems: [] });
    expect(await first.heal()).to.include({ ok: true, outcome: "gone" });
  });

  it("fails, and does not call it gone, where the node is the same and cannot be asked", async () => {
    const path = join(dir, "cut", "journal.ndjson");
    await using node = await makeTestNode();
    using journal = openJournal(path);
    const { target, cut } = cuttable(await node.target());
    const injected = await injectFault({ target, nodeFault: noForwarding, journal });
    cut();
    expect(await injected.heal()).to.include({ ok: false, outcome: "failed" });
    expect((await healRun(path, { host: USUAL_HOST })).outcomes[0]).to.include({ outcome: "undone" });
  });

  it("does nothing in a dry run, and says which commands it would run", async () => {
    const path = join(dir, "dry", "journal.ndjson");
    await using node = await makeTestNode();
    using journal = openJournal(path);
    await injectFault({ target: await node.target(), nodeFault: noForwarding, journal });
    const before = [await takeFingerprint(node.exec), readFileSync(path, "utf8")] as const;
    const { outcomes } = await healRun(path, { host: USUAL_HOST, dryRun: true });
    const wouldUndo = outcomes[0]?.wouldUndo;
    if (!wouldUndo) throw new Error("the dry run names no fault");
    expect(diffFingerprints(before[0], await takeFingerprint(node.exec))).to.deep.equal([]);
    expect(readFileSync(path, "utf8")).to.equal(before[1]);
    // What it printed is the very command: bash runs it and the fault is undone.
    const names = nameScripts([wouldUndo]);
    const commands = describeUndo(wouldUndo, names, USUAL_SPEED);
    expect(commands).to.have.length(1);
    const pasted = [...describeScripts(names), ...commands].join("\n");
    await mustExec(hostExec, ["bash", "-c", 'eval "$1"', "x", pasted]);
    expect((await node.exec(["sysctl", "-n", "net.ipv4.ip_forward"])).stdout).to.equal("1\n");
  });
});

/** A node whose kubectl and whose pods' resolv.conf are a test's own. */
function withFakes(target: Target, fakes: string): Target {
  const exec: Exec = (argv, options) => {
    const env = ["env", `PATH=${BIN}:${process.env["PATH"]}`, `FAKE_KUBECTL_DIR=${fakes}`];
    const moved = argv.map((word) =>
      word.startsWith(PODS_RESOLV_CONF) ? word.replace("/etc/faultline", fakes) : word,
    );
    return target.exec([...env, ...moved], options);
  };
  return { ...target, exec };
}

describe("faults that outlive a namespace", function () {
  this.timeout(120_000);
  const fakes = mkdtempSync(join(tmpdir(), "faultline-fakes-"));
  const file = (name: string) => join(fakes, name);
  after(() => rmSync(fakes, { recursive: true }));

  it("puts the pods' resolv.conf back, byte by byte, and makes CoreDNS's pods anew each time", async () => {
    await using node = await makeTestNode();
    using journal = openJournal(file("resolv/journal.ndjson"));
    const before = "# odd: é $(id)\nnameserver 10.0.0.1\noptions edns0\n";
    writeFileSync(file("pods-resolv.conf"), before);
    writeFileSync(file("log"), "");
    const target = withFakes(await node.target(), fakes);
    const nodeFault = { node: "A", fault: { kind: "resolv-conf", nameservers: ["127.0.0.53"] } } as const;
    const injected = await injectFault({ target, nodeFault, journal });
    expect(readFileSync(file("pods-resolv.conf"), "utf8")).to.equal("nameserver 127.0.0.53\n");
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(readFileSync(file("pods-resolv.conf"), "utf8")).to.equal(before);
    expect(readFileSync(file("log"), "utf8").match(/delete pod -l k8s-app=kube-dns/g)).to.have.length(2);
  });

  it("leaves a resolv.conf that someone else wrote meanwhile", async () => {
    await using node = await makeTestNode();
    using journal = openJournal(file("resolv-other/journal.ndjson"));
    writeFileSync(file("pods-resolv.conf"), "nameserver 10.0.0.1\n");
    const target = withFakes(await node.target(), fakes);
    const nodeFault = { node: "A", fault: { kind: "resolv-conf", nameservers: ["127.0.0.53"] } } as const;
    const injected = await injectFault({ target, nodeFault, journal });
    writeFileSync(file("pods-resolv.conf"), "nameserver 9.9.9.9\n");
    expect(await injected.heal()).to.include({ ok: true, outcome: "changed-by-other" });
    expect(readFileSync(file("pods-resolv.conf"), "utf8")).to.equal("nameserver 9.9.9.9\n");
  });

  it("puts a Service's selector back, unless someone else changed it meanwhile", async () => {
    await using node = await makeTestNode();
    using journal = openJournal(file("selector/journal.ndjson"));
    const was = '{"app":"server","tier":"b"}';
    const own = mkdtempSync(join(fakes, "service-"));
    writeFileSync(join(own, "selector"), was);
    const target: Target = { ...withFakes(await node.target(), own), node: "control-plane" };
    const selector = { app: "nobody" };
    const nodeFault = {
      node: "control-plane",
      fault: { kind: "selector", namespace: "faultline", service: "server", selector },
    } as const;
    const first = await injectFault({ target, nodeFault, journal });
    expect(readFileSync(join(own, "selector"), "utf8")).to.equal('{"app":"nobody"}');
    expect(await first.heal()).to.include({ ok: true, outcome: "undone" });
    expect(readFileSync(join(own, "selector"), "utf8")).to.equal(was);
    const second = await injectFault({ target, nodeFault, journal });
    writeFileSync(join(own, "selector"), '{"app":"third"}');
    expect(await second.heal()).to.include({ ok: true, outcome: "changed-by-other" });
    expect(readFileSync(join(own, "selector"), "utf8")).to.equal('{"app":"third"}');
  });

  const BALANCER = {
    node: "control-plane",
    fault: {
      kind: "load-balancer",
      namespace: "faultline",
      selector: { role: "server" },
      ...({ address: "192.0.2.7", port: 80, targetPort: 8080, ipMode: "VIP" } as const),
    },
  } as const;

  it("deletes the Service it made, and its dead-man does not take an API server that is silent for one without it", async () => {
    await using node = await makeTestNode();
    using journal = openJournal(file("balancer/journal.ndjson"));
    const own = mkdtempSync(join(fakes, "balancer-"));
    const target: Target = { ...withFakes(await node.target(), own), node: "control-plane" };
    const healed = await injectFault({ target, nodeFault: BALANCER, journal });
    expect(JSON.parse(readFileSync(join(own, "object"), "utf8"))).to.have.nested.property("spec.type", "LoadBalancer");
    expect(await healed.heal()).to.include({ ok: true, outcome: "undone" });
    expect(existsSync(join(own, "object"))).to.equal(false);

    const left = await injectFault({
      target,
      nodeFault: BALANCER,
      journal,
      lease: { leaseMs: 1_000, longestMs: 60_000 },
    });
    left.undoing.stopRenewing();
    writeFileSync(join(own, "down"), "");
    await sleep(4_000);
    const { netnsInode } = target.identity;
    expect(leftOn(netnsInode).armed, "still the dead-man's business").to.deep.equal([left.id]);
    rmSync(join(own, "down"));
    await waitFor(
      "the dead-man to try again",
      () => {
        if (existsSync(join(own, "object"))) throw new Error("the Service is there");
        return Promise.resolve();
      },
      { budgetMs: 20_000, intervalMs: 200 },
    );
    expect(await left.heal()).to.include({ ok: true, outcome: "undone" });
  });
});
