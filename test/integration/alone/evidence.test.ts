import { expect } from "chai";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAPTURE_LIMITS, startCapture, type Capture, type Captured } from "../../../lib/evidence/capture.ts";
import { captureFilter, type Flows } from "../../../lib/evidence/flows.ts";
import { readCapture, type CapturedPacket } from "../../../lib/evidence/pcap/capture.ts";
import { readState } from "../../../lib/evidence/state.ts";
import { captureMark, endCaptures, newId } from "../../../lib/evidence/sweep.ts";
import { behind, hostExec, mustExec, type Exec } from "../../../lib/host/exec.ts";
import { sleep } from "../../../lib/engine/steady.ts";
import { rejection } from "../../fixtures/faults/rejection.ts";
import { makeTestNode, type TestNode } from "../../fixtures/faults/namespace.ts";
import { IS_ALL } from "../../nightly.ts";

const ON_NODE = "/run/faultline/evidence";
const FLOWS: Flows = { addresses: ["10.98.0.2", "10.97.0.2"], ports: [8080], overlayPort: 8472 };

const TIMES = IS_ALL ? 20 : 5;

describe("evidence of a node", () => {
  let node: TestNode;
  let podName = "";
  let pod: Exec;
  let podPid = 0;
  const started: Capture[] = [];

  /**
   * A pod on the node's bridge, 10.98.0.2, that reaches the neighbour, 10.97.0.2, by client veth, bridge and uplink.
   */
  beforeEach(async () => {
    node = await makeTestNode();
    podName = `${node.name}-pod`;
    pod = behind(["ip", "netns", "exec", podName], hostExec);
    const host = (...argv: string[]) => mustExec(hostExec, argv);
    await host("ip", "netns", "add", podName);
    await host("ip", "-n", node.name, "link", "add", "veth1", "type", "veth", "peer", "name", "eth0", "netns", podName);
    await host("ip", "-n", node.name, "link", "set", "veth1", "master", "cni0", "up");
    await host("ip", "-n", node.name, "address", "add", "10.98.0.1/24", "dev", "cni0");
    await host("ip", "-n", podName, "address", "add", "10.98.0.2/24", "dev", "eth0");
    await host("ip", "-n", podName, "link", "set", "eth0", "up");
    await host("ip", "-n", podName, "route", "add", "default", "via", "10.98.0.1");
    await mustExec(node.neighbour, ["ip", "route", "add", "10.98.0.0/24", "via", "10.97.0.1"]);
    // Somebody who lives in the pod's namespace.
    const { stdout } = await mustExec(pod, ["sh", "-c", "sleep 300 >/dev/null 2>&1 & echo $!"]);
    podPid = Number(stdout);
  });

  afterEach(async () => {
    // A test that failed has left its own.
    for (const capture of started.splice(0)) await capture.stop().catch(() => undefined);
    process.kill(podPid, "SIGKILL");
    await hostExec(["ip", "netns", "del", podName]);
    await node[Symbol.asyncDispose]();
    for (const folder of [ON_NODE, "/run/faultline"]) {
      try {
        rmdirSync(folder);
      } catch {
        // Somebody else's is in it.
      }
    }
  });

  const start = async (id: string, limits = {}) => {
    const order = { id, filter: captureFilter(FLOWS), pods: { same: podPid } };
    const capture = await startCapture(node.exec, { ...order, limits: { ...CAPTURE_LIMITS, ...limits } });
    started.push(capture);
    return capture;
  };

  /** One SYN and the refusal of it: nobody listens there. Resolves to the port it came from. */
  const knock = async (port: number): Promise<void> => {
    const argv = ["curl", "-s", "--max-time", "2", "--local-port", String(port), "http://10.97.0.2:8080/"];
    expect((await pod(argv)).exitCode).to.equal(7);
  };

  const packetsIn = ({ pcap }: Captured): readonly CapturedPacket[] => [...readCapture(pcap).packets];

  /** The devices that saw a packet from or to a port of the pod, in the order they did: `veth1 in`. */
  function hops(captured: Captured, ...[source, destination]: readonly [number, number]): readonly string[] {
    const names = new Map(captured.interfaces.map(({ index, name }) => [index, name]));
    return packetsIn(captured).flatMap(({ packet, direction, interfaceIndex }) => {
      const { transport } = packet;
      if (transport?.kind !== "tcp" || transport.sourcePort !== source || transport.destinationPort !== destination)
        return [];
      return [`${names.get(interfaceIndex ?? 0)} ${direction}`];
    });
  }

  it(`has a packet at every hop, sent right after it was started, ${TIMES} times of ${TIMES}`, async () => {
    for (let time = 1; time <= TIMES; time += 1) {
      const port = 20_000 + time;
      const capture = await start(newId());
      await knock(port);
      const captured = await capture.stop();
      expect(hops(captured, port, 8080), `time ${time}`).to.deep.equal(["veth1 in", "cni0 in", "eth0 out"]);
      expect(hops(captured, 8080, port), `time ${time}`).to.deep.equal(["eth0 in", "cni0 out", "veth1 out"]);
      expect(captured.counts).to.deep.include({ cut: false, droppedByKernel: 0 });
      expect(captured.counts.packets).to.equal(packetsIn(captured).length);
    }
  });

  it("names the devices and the pod behind its own", async () => {
    const { interfaces } = await (await start(newId())).stop();
    const named = new Map(interfaces.map((one) => [one.name, one]));
    expect(named.get("veth1")).to.deep.include({ kind: "veth", master: "cni0", peer: "same eth0" });
    expect(named.get("cni0")).to.deep.include({ kind: "bridge", peer: null });
    expect(named.get("flannel.1")?.kind).to.equal("vxlan");
    expect(named.get("eth0")?.addresses).to.include("10.97.0.1");
  });

  it("has nothing of other flows, nor of the API server", async () => {
    const capture = await start(newId());
    for (const port of [6443, 10_250, 9999]) await pod(["curl", "-s", "--max-time", "2", `http://10.97.0.2:${port}/`]);
    const transports = packetsIn(await capture.stop()).map(({ packet }) => packet.transport?.kind);
    expect(transports).not.to.include("tcp");
  });

  it("has of the overlay's only what is ours", async () => {
    await mustExec(node.exec, ["ip", "address", "add", "10.99.0.1/24", "dev", "flannel.1"]);
    // Where the test node's FDB has the neighbour behind it.
    const there = ["10.99.0.2", "lladdr", "02:00:00:00:00:02", "dev", "flannel.1"];
    await mustExec(node.exec, ["ip", "neighbour", "add", ...there]);
    const capture = await start(newId());
    for (const port of [6443, 8080]) await node.exec(["curl", "-s", "--max-time", "0.3", `http://10.99.0.2:${port}/`]);
    const seen = packetsIn(await capture.stop()).flatMap(({ packet }) => {
      const carried = packet.inner?.transport;
      return carried?.kind === "tcp" ? [carried.destinationPort] : [];
    });
    expect(seen).to.include(8080);
    expect(seen).not.to.include(6443);
  });

  it("leaves nothing on the node", async () => {
    const id = newId();
    const capture = await start(id);
    expect(existsSync(join(ON_NODE, id))).to.be.true;
    const pid = readFileSync(join(ON_NODE, id, "pid"), "utf8").trim();
    await capture.stop();
    expect(existsSync(join(ON_NODE, id))).to.be.false;
    expect(existsSync(`/proc/${pid}`)).to.be.false;
  });

  it("ends by itself when its harness is gone, and the next one removes what it left", async () => {
    const id = newId();
    await start(id, { limitS: 1 });
    const pid = readFileSync(join(ON_NODE, id, "pid"), "utf8").trim();
    expect(existsSync(`/proc/${pid}`)).to.be.true;
    const deadlineMs = performance.now() + 20_000;
    while (existsSync(`/proc/${pid}`) && performance.now() < deadlineMs) await sleep(100);
    expect(existsSync(`/proc/${pid}`)).to.be.false;
    await mustExec(hostExec, ["touch", "-d", "2 hours ago", join(ON_NODE, id)]);
    const next = await start(newId());
    expect(readdirSync(ON_NODE)).not.to.include(id);
    await next.stop();
  });

  it("is found and ended by the mark of its cell when its harness is gone, and no other one is", async () => {
    const mark = captureMark(`/runs/${node.name}/cells/one`);
    const left = newId(mark);
    const another = newId(captureMark(`/runs/${node.name}/cells/two`));
    await start(left);
    const theirs = await start(another);
    const [pid, theirPid] = [left, another].map((id) => readFileSync(join(ON_NODE, id, "pid"), "utf8").trim());
    expect(await endCaptures(node.exec, mark)).to.equal(1);
    expect(existsSync(`/proc/${pid}`)).to.be.false;
    expect(existsSync(`/proc/${theirPid}`)).to.be.true;
    expect(readdirSync(ON_NODE)).to.include(another).and.not.include(left);
    expect(await endCaptures(node.exec, mark)).to.equal(0);
    expect((await rejection(endCaptures(node.exec, ""))).message).to.match(/everybody's/);
    await theirs.stop();
  });

  it("says that it was cut when it reached its limit", async () => {
    const capture = await start(newId(), { packets: 4 });
    await knock(21_000);
    const captured = await capture.stop();
    expect(captured.counts).to.deep.include({ packets: 4, cut: true });
    expect(packetsIn(captured)).to.have.length(4);
  });

  it("throws where tcpdump is missing or does not take its filter, and leaves nothing", async () => {
    const tools = mkdtempSync(join(tmpdir(), "faultline-tools-"));
    try {
      symlinkSync("/bin/sh", join(tools, "sh"));
      const bare = behind(["/usr/bin/env", `PATH=${tools}`], node.exec);
      const order = { id: newId(), filter: captureFilter(FLOWS), pods: {} };
      expect((await rejection(startCapture(bare, order))).message).to.match(/tcpdump not found/);
      const odd = { ...order, filter: ["host", "host"] };
      expect((await rejection(startCapture(node.exec, odd))).message).to.match(/does not listen: .*syntax error/);
      expect(existsSync(join(ON_NODE, order.id))).to.be.false;
    } finally {
      rmSync(tools, { recursive: true });
    }
  });

  it("holds what explains a failure: neighbours that did not answer, counters, what the pod sees", async () => {
    const order = { since: { time: "", uptimeS: "0" }, cni: "flannel", flows: FLOWS, pods: { same: podPid } };
    const before = await readState(node.exec, { ...order, mark: newId() });
    await mustExec(node.exec, ["iptables-nft", "-A", "FORWARD", "-p", "tcp", "--dport", "8080", "-j", "DROP"]);
    expect((await pod(["curl", "-s", "--max-time", "0.5", "http://10.97.0.2:8080/"])).exitCode).to.equal(28);
    await pod(["ping", "-c", "1", "-W", "4", "10.97.0.99"]);
    const { texts } = await readState(node.exec, { ...order, mark: newId() });
    expect(texts.get("iptables-nft")).to.match(/^\[[1-9]\d*:\d+\] -A FORWARD -p tcp/m);
    expect(before.texts.get("iptables-nft")).not.to.match(/FORWARD -p tcp/);
    expect(texts.get("nft")).to.match(/tcp dport 8080 counter packets [1-9]/);
    expect(texts.get("neighbour")).to.match(/^10\.97\.0\.99 dev eth0 .*FAILED/m);
    expect(texts.get("route")).to.match(/^10\.98\.0\.0\/24 dev cni0/m);
    expect(texts.get("fdb")).to.match(/dev flannel\.1 dst 10\.97\.0\.2/);
    expect(texts.get("sysctl")).to.match(/^ipv4\/ip_forward:1$/m);
    expect(texts.get("sysctl")).to.match(/^ipv4\/tcp_syn_retries:/m);
    expect(texts.get("pod-same-network")).to.match(/^default via 10\.98\.0\.1/m);
    expect(texts.get("pod-same-nstat")).to.match(/^TcpActiveOpens +[1-9]/m);
  });
});
