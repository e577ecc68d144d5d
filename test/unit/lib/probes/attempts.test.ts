import { expect } from "chai";
import { attemptsFor, BUDGETS } from "../../../../lib/probes/attempts.ts";
import type { CurlAttempt } from "../../../../lib/probes/probe.ts";
import { DUAL, WHERE } from "../../sample-cluster.ts";

function curl(path: string): CurlAttempt {
  const [attempt] = attemptsFor(WHERE, path, { flows: 1 });
  if (attempt?.tool !== "curl") throw new Error("not a curl attempt");
  return attempt;
}

describe("attemptsFor", () => {
  it("gives each flow of a path its own id", () => {
    const attempts = attemptsFor(WHERE, "same → server by podIP", { flows: 3 });
    expect(attempts.map(({ id }) => id)).to.deep.equal([0, 1, 2].map((flow) => `same → server by podIP#${flow}`));
    expect(new Set(attempts.map(({ path }) => path))).to.deep.equal(new Set(["same → server by podIP"]));
    expect(attemptsFor(WHERE, "same → server by podIP", { flows: 0 })).to.deep.equal([]);
  });

  const urls: Readonly<Record<string, readonly [url: string, server: string, container: string]>> = {
    "same → server by podIP": ["http://10.244.1.3:8080/", "server", "server"],
    "same → sidecar by podIP": ["http://10.244.1.3:8081/", "server", "sidecar"],
    "server → sidecar by localhost": ["http://127.0.0.1:8081/", "server", "sidecar"],
    "same → server by ClusterIP": ["http://10.96.0.7:80/", "server", "server"],
    "outside → server by NodePort": ["http://172.18.0.3:31234/", "server", "server"],
    "same → server by Service name": ["http://server.faultline.svc.cluster.local:80/", "server", "server"],
    "hostB → other by podIP": ["http://10.244.0.2:8080/", "other", "other"],
  };
  for (const [path, [url, server, container]] of Object.entries(urls)) {
    it(`dials ${url} for ${path} and knows the expected server`, () => {
      expect(curl(path)).to.deep.include({ url, expectServer: { server, container } });
    });
  }

  it("runs in the network namespace of its sender", () => {
    expect(curl("same → server by podIP").netnsPid).to.equal(102);
    expect(curl("hostA → server by podIP").netnsPid).to.equal(1);
  });

  it("resolves a name by the pod's resolv.conf", () => {
    expect(curl("same → server by Service name").resolvConfPid).to.equal(102);
    expect(curl("same → server by ClusterIP")).to.not.have.property("resolvConfPid");
  });

  it("distinguishes a stall from a connect timeout, and waits longer than ARP does", () => {
    expect(BUDGETS.answerMs).to.be.greaterThan(0);
    expect(BUDGETS.connectTimeoutMs).to.be.greaterThan(3000 * 1.15);
  });

  it("looks up the server's name and knows the expected answer", () => {
    const [attempt] = attemptsFor(WHERE, "same → dnsB by podIP", { flows: 1 });
    expect(attempt).to.deep.include({
      tool: "dig",
      server: "10.244.0.4",
      name: "server.faultline.svc.cluster.local",
      expectAnswer: "10.96.0.7",
      netnsPid: 102,
    });
  });

  it("gives lookups valid source ports", () => {
    for (const attempt of attemptsFor(WHERE, "same → dns by ClusterIP", { flows: 200 })) {
      expect(attempt.tool === "dig" && attempt.sourcePort).to.be.within(1024, 65_535);
    }
  });

  it("gives each lookup of a round its own source port", () => {
    for (let round = 0; round < 600; round += 1) {
      const attempts = attemptsFor(WHERE, "same → dns by ClusterIP", { flows: 40 });
      const ports = attempts.map((one) => (one.tool === "dig" ? one.sourcePort : undefined));
      expect(new Set(ports).size).to.equal(40);
    }
  });

  it("dials the second family if the path names it", () => {
    const first = (path: string) => attemptsFor(DUAL, path, { flows: 1 })[0];
    const of = "server by IPv6";
    expect(first(`same → ${of} podIP`)).to.include({ url: "http://[fd00:10:244:1::3]:8080/" });
    expect(first(`same → ${of} ClusterIP`)).to.include({ url: "http://[fd00:10:96::7]:80/" });
    expect(first(`outside → ${of} NodePort`)).to.include({ url: "http://[fd12:3456:789a::3]:31234/" });
    expect(first("server → sidecar by IPv6 localhost")).to.include({ url: "http://[::1]:8081/" });
    expect(first("hostB → hostA by IPv6 nodeIP with ping")).to.include({ address: "fd12:3456:789a::3" });
    const asked = { server: "fd00:10:96::a", type: "AAAA", expectAnswer: "fd00:10:96::7" };
    expect(first("same → dns by IPv6 ClusterIP")).to.deep.include(asked);
    expect(first("same → dns by ClusterIP")).to.deep.include({
      server: "10.96.0.10",
      type: "A",
      expectAnswer: "10.96.0.7",
    });
    expect(() => attemptsFor(WHERE, "same → server by IPv6 podIP", { flows: 1 })).to.throw("the cell has no IPv6");
  });

  it("resolves a name to one family in a dual-stack cell only", () => {
    const of = (where: typeof WHERE, way: string) => attemptsFor(where, `same → server by ${way}`, { flows: 1 })[0];
    expect(of(DUAL, "Service name")).to.include({ family: "IPv4" });
    expect(of(DUAL, "IPv6 Service name")).to.include({ family: "IPv6" });
    expect(of(WHERE, "Service name")).to.not.have.property("family");
  });

  it("waits for the third ARP failure only in a patient plan", () => {
    const [patient] = attemptsFor(WHERE, "same → server by podIP", { flows: 1, patient: true });
    expect(patient).to.include({ connectTimeoutMs: 10_800, totalTimeoutMs: 12_300 });
    expect(curl("same → server by podIP")).to.include({ connectTimeoutMs: 4500, totalTimeoutMs: 6000 });
  });

  it("throws naming a role whose pod does not run", () => {
    expect(() => attemptsFor({ ...WHERE, pods: {} }, "same → server by podIP", { flows: 1 })).to.throw("role same");
  });
});
