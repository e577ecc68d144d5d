import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustExec } from "../../lib/host/exec.ts";
import { type Fault, kindOf } from "../../lib/faults/registry.ts";
import { injectFault, type InjectedFault } from "../../lib/faults/run/inject.ts";
import { runOnNode } from "../../lib/faults/run/run-on-node.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { openJournal, type JournalFile } from "../../lib/journal/journal.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { makeTestNode, type TestNode } from "../fixtures/faults/namespace.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

/** A fault and how the kernel itself shows it, asked without any code of ours. */
interface Case {
  readonly fault: Fault;
  readonly ask: readonly string[];
  readonly shows: RegExp;
}

const CASES: readonly Case[] = [
  {
    fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" },
    ask: ["sysctl", "net.ipv4.ip_forward"],
    shows: /= 0$/m,
  },
  {
    fault: { kind: "sysctl", key: "net.bridge.bridge-nf-call-iptables", value: "0" },
    ask: ["sysctl", "net.bridge.bridge-nf-call-iptables"],
    shows: /= 0$/m,
  },
  {
    fault: { kind: "sysctl", key: "net.bridge.bridge-nf-call-ip6tables", value: "0" },
    ask: ["cat", "/proc/sys/net/bridge/bridge-nf-call-ip6tables"],
    shows: /^0$/m,
  },
  {
    fault: { kind: "sysctl", key: "net.ipv4.ip_local_port_range", value: "40000 40100" },
    ask: ["cat", "/proc/sys/net/ipv4/ip_local_port_range"],
    shows: /^40000\s+40100$/m,
  },
  {
    fault: { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 },
    ask: ["nft", "list", "ruleset"],
    shows: /hook prerouting priority -350.*udp dport 8472 counter packets 0 bytes 0 drop/s,
  },
  {
    fault: {
      kind: "drop",
      hook: "input",
      protocol: "tcp",
      destinationPort: 80,
      source: "10.97.0.9/24",
      destination: "10.97.0.1",
    },
    ask: ["nft", "list", "ruleset"],
    shows: /ip saddr 10\.97\.0\.0\/24 ip daddr 10\.97\.0\.1 tcp dport 80 counter/,
  },
  {
    fault: { kind: "drop", hook: "forward", protocol: "icmp", source: "fd00:0:0::1" },
    ask: ["nft", "list", "ruleset"],
    shows: /ip6 saddr fd00::1 counter/,
  },
  {
    fault: { kind: "route", type: "unicast", to: "10.98.3.0/25", device: "cni0" },
    ask: ["ip", "route", "show"],
    shows: /^10\.98\.3\.0\/25 dev cni0 proto 201 scope link/m,
  },
  {
    fault: { kind: "route", type: "blackhole", to: "10.98.4.0/24" },
    ask: ["ip", "route", "show"],
    shows: /^blackhole 10\.98\.4\.0\/24/m,
  },
  {
    fault: { kind: "route", type: "unreachable", to: "10.98.5.1" },
    ask: ["ip", "route", "get", "10.98.5.1"],
    shows: /^$/,
  },
  {
    fault: { kind: "route", type: "unicast", to: "fd00:98::/64", device: "cni0" },
    ask: ["ip", "-6", "route", "show"],
    shows: /^fd00:98::\/64 dev cni0 proto 201/m,
  },
  { fault: { kind: "none" }, ask: ["true"], shows: /^$/ },
];

describe("faults on real kernel objects", function () {
  this.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), "faultline-faults-"));
  let node: TestNode;
  let baseline: Fingerprint;
  let journal: JournalFile;

  before(async () => {
    node = await makeTestNode();
    for (const key of [
      "net.ipv4.ip_forward",
      "net.bridge.bridge-nf-call-iptables",
      "net.bridge.bridge-nf-call-ip6tables",
    ]) {
      await mustExec(node.exec, ["sysctl", "-qw", `${key}=1`]);
    }
    baseline = await takeFingerprint(node.exec);
    journal = openJournal(join(dir, "journal.ndjson"));
  });

  after(async () => {
    await node[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  const differences = async () => diffFingerprints(baseline, await takeFingerprint(node.exec));
  const inject = async (fault: Fault): Promise<InjectedFault> =>
    injectFault({ target: await node.target(), nodeFault: { node: "A", fault }, journal });
  const ask = async (argv: readonly string[]) => (await node.exec(argv)).stdout;

  for (const { fault, ask: argv, shows } of CASES) {
    it(`applies, reads back and undoes ${JSON.stringify(fault)}`, async () => {
      const injected = await inject(fault);
      expect(await ask(argv)).to.match(shows);
      expect(await injected.readBack()).to.include({ inForce: true });
      if (fault.kind !== "none") expect(await differences()).to.not.be.empty;
      const healed = await injected.heal();
      expect(healed).to.include({ ok: true });
      expect(healed.finding).to.equal(undefined);
      expect(await differences()).to.deep.equal([]);
      expect(await injected.heal()).to.equal(healed);
    });

    it(`takes twice for once: ${JSON.stringify(fault)}`, async () => {
      const target = await node.target();
      const kind = kindOf(fault);
      const prior = kind.captured(fault, await runOnNode(target, kind.capture(fault)));
      expect(await runOnNode(target, kind.undo(fault, prior, "never"))).to.match(/^(nothing-to-undo)?\s*$/);
      for (let times = 0; times < 2; times += 1) await runOnNode(target, kind.apply(fault, prior, "twice"));
      const back = kind.readBackSaid(fault, await runOnNode(target, kind.readBack(fault, prior, "twice")));
      expect(back).to.include({ inForce: true });
      for (let times = 0; times < 2; times += 1) await runOnNode(target, kind.undo(fault, prior, "twice"));
      expect(await runOnNode(target, kind.verifyUndone(fault, prior, "twice"))).to.match(/^(clean)?\s*$/);
      expect(await differences()).to.deep.equal([]);
    });
  }

  it("drops real packets and counts them", async () => {
    const ping = ["ping", "-c", "2", "-i", "0.2", "-W", "1", "10.97.0.1"];
    expect((await node.neighbour(ping)).exitCode).to.equal(0);
    const injected = await inject({ kind: "drop", hook: "prerouting", protocol: "icmp", source: "10.97.0.2" });
    expect((await node.neighbour(ping)).exitCode).to.equal(1);
    expect((await injected.readBack()).count).to.equal(2);
    await injected.heal();
    expect((await node.neighbour(ping)).exitCode).to.equal(0);
  });

  it("gives back what the kernel changed along with ip_forward", async () => {
    await mustExec(node.exec, [
      "sysctl",
      "-qw",
      "net.ipv4.conf.cni0.forwarding=0",
      "net.ipv4.conf.all.accept_redirects=1",
    ]);
    const before = await takeFingerprint(node.exec);
    const injected = await inject({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" });
    expect(await injected.heal()).to.include({ ok: true, outcome: "undone" });
    expect(diffFingerprints(before, await takeFingerprint(node.exec))).to.deep.equal([]);
    await mustExec(node.exec, [
      "sysctl",
      "-qw",
      "net.ipv4.conf.cni0.forwarding=1",
      "net.ipv4.conf.all.accept_redirects=0",
    ]);
  });

  it("leaves a sysctl that someone else changed meanwhile, and says so", async () => {
    const key = "net.ipv4.conf.eth0.rp_filter";
    await mustExec(node.exec, ["sysctl", "-qw", `${key}=0`]);
    const injected = await inject({ kind: "sysctl", key, value: "1" });
    await mustExec(node.exec, ["sysctl", "-qw", `${key}=2`]);
    expect(await injected.readBack()).to.include({ inForce: false });
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "changed-by-other" });
    expect(healed.finding).to.equal("changed by someone else meanwhile, left as it is: 2");
    expect(await ask(["sysctl", "-n", key])).to.equal("2\n");
    await mustExec(node.exec, ["sysctl", "-qw", `${key}=0`]);
  });

  it("says when an agent had undone the fault before we did", async () => {
    const injected = await inject({ kind: "route", type: "blackhole", to: "10.98.6.0/24" });
    await mustExec(node.exec, ["ip", "route", "del", "blackhole", "10.98.6.0/24"]);
    const healed = await injected.heal();
    expect(healed).to.include({ ok: true, outcome: "nothing-to-undo" });
    expect(healed.finding).to.equal("someone else had undone it before");
  });

  it("refuses a route that is there already and leaves it", async () => {
    const refused = await rejection(inject({ kind: "route", type: "blackhole", to: "10.97.0.0/24" }));
    expect(refused).to.be.an("error").with.property("message").that.includes("is there already");
    expect(await differences()).to.deep.equal([]);
  });

  it("refuses a sysctl's value that is there already", async () => {
    const refused = await rejection(inject({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" }));
    expect(refused).to.be.an("error").with.property("message", "sysctl net.ipv4.ip_forward is 1 already");
    expect(await differences()).to.deep.equal([]);
  });

  it("undoes again what did not take, and says so", async () => {
    const refused = await rejection(inject({ kind: "sysctl", key: "net.ipv4.ip_default_ttl", value: "999" }));
    expect(refused).to.be.an("error").with.property("message").that.includes("could not be applied, and was undone");
    expect(await differences()).to.deep.equal([]);
  });

  it("lets overlapping faults end at the baseline, undone in any order", async () => {
    const drop: Fault = { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 };
    const first = await inject(drop);
    const second = await inject(drop);
    const third = await inject({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" });
    for (const one of [first, third, second]) expect(await one.heal()).to.include({ ok: true });
    expect(await differences()).to.deep.equal([]);
  });

  it("writes nothing when the exec ends up in another namespace than the target's", async () => {
    await using other = await makeTestNode();
    const before = await takeFingerprint(other.exec);
    const stray = { ...(await node.target()), exec: other.exec };
    const nodeFault = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;
    const refused = await rejection(injectFault({ target: stray, nodeFault, journal }));
    expect(refused).to.be.an("error").with.property("name", "GuardError");
    const kind = kindOf(nodeFault.fault);
    const apply = runOnNode(stray, kind.apply(nodeFault.fault, { value: "1", alongside: [] }, "stray"));
    expect((await rejection(apply)).name).to.equal("GuardError");
    expect(diffFingerprints(before, await takeFingerprint(other.exec))).to.deep.equal([]);
  });

  it("leaves nothing open in the journal", async () => {
    const report = await healRun(journal.path, { host: USUAL_HOST });
    expect(report).to.deep.equal({ ok: true, outcomes: [], problems: [] });
  });
});
