import { expect } from "chai";
import { addressOf, allAddresses, netnsPidOf, nodeOf, podOf } from "../../../../lib/model/address.ts";
import { ROLES, WAYS, type Role, type Way } from "../../../../lib/model/path.ts";
import { DUAL, WHERE } from "../../sample-cluster.ts";

describe("addressOf", () => {
  const table: readonly (readonly [Role, Way, string])[] = [
    ["server", "podIP", "10.244.1.3"],
    ["sidecar", "podIP", "10.244.1.3"],
    ["same", "podIP", "10.244.1.2"],
    ["dnsB", "podIP", "10.244.0.4"],
    ["server", "ClusterIP", "10.96.0.7"],
    ["dns", "ClusterIP", "10.96.0.10"],
    ["server", "Service name", "server.faultline.svc.cluster.local"],
    ["server", "NodePort", "172.18.0.3"],
    ["hostA", "nodeIP", "172.18.0.3"],
    ["hostB", "nodeIP", "172.18.0.2"],
    ["sidecar", "localhost", "127.0.0.1"],
  ];
  for (const [role, way, address] of table) {
    it(`returns ${address} for ${role} by ${way}`, () => {
      expect(addressOf(WHERE, role, way)).to.equal(address);
    });
  }

  const second: readonly (readonly [Role, Way, string])[] = [
    ["server", "podIP", "fd00:10:244:1::3"],
    ["sidecar", "podIP", "fd00:10:244:1::3"],
    ["server", "ClusterIP", "fd00:10:96::7"],
    ["dns", "ClusterIP", "fd00:10:96::a"],
    ["server", "Service name", "server.faultline.svc.cluster.local"],
    ["server", "NodePort", "fd12:3456:789a::3"],
    ["hostB", "nodeIP", "fd12:3456:789a::2"],
    ["sidecar", "localhost", "::1"],
  ];
  for (const [role, way, address] of second) {
    it(`returns ${address} for ${role} by IPv6 ${way} in a dual-stack cluster, where plain ways mean IPv4`, () => {
      expect(addressOf(DUAL, role, way, "IPv6")).to.equal(address);
      expect(addressOf(DUAL, role, way, "IPv4")).to.equal(addressOf(WHERE, role, way));
      expect(addressOf(DUAL, role, way)).to.equal(addressOf(WHERE, role, way));
    });
  }

  it("throws for a family that a single-stack cluster lacks", () => {
    const only6 = {
      ...WHERE,
      cluster: { ...WHERE.cluster, cell: { ...WHERE.cluster.cell, ipFamily: "ipv6" as const } },
    };
    expect(addressOf(only6, "sidecar", "localhost")).to.equal("::1");
    expect(addressOf(only6, "server", "podIP", "IPv6")).to.equal("10.244.1.3");
    expect(() => addressOf(only6, "server", "podIP", "IPv4")).to.throw("role server: the cell has no IPv4");
    expect(() => addressOf(WHERE, "server", "podIP", "IPv6")).to.throw("role server: the cell has no IPv6");
  });

  it("returns the address of its container for the balancer, on both ports", () => {
    const balancer = { name: "balancer", ip: "172.18.0.9", secondIp: "fd12:3456:789a::9", pid: 1 };
    const where = { ...DUAL, pods: { ...DUAL.pods, balancer } };
    for (const way of ["port 80", "port 443"] as const) {
      expect(addressOf(where, "balancer", way)).to.equal("172.18.0.9");
      expect(addressOf(where, "balancer", way, "IPv6")).to.equal("fd12:3456:789a::9");
      expect(() => addressOf(DUAL, "balancer", way)).to.throw("role balancer");
    }
  });

  it("throws if a pod lacks its second address", () => {
    const { server } = WHERE.pods;
    const where = { ...DUAL, pods: server ? { server } : {} };
    expect(() => addressOf(where, "server", "podIP", "IPv6")).to.throw("role server");
  });

  it("lists every address once, by allAddresses", () => {
    expect(allAddresses(WHERE)).to.have.length(5 + 2 + 2);
    expect(allAddresses(DUAL)).to.have.length(2 * (5 + 2 + 2));
  });

  const impossible: readonly (readonly [Role, Way])[] = [
    ["other", "ClusterIP"],
    ["dns", "Service name"],
    ["dns", "podIP"],
    ["outside", "nodeIP"],
    ["hostA", "podIP"],
  ];
  for (const [role, way] of impossible) {
    it(`throws for ${role} by ${way}, naming the role`, () => {
      expect(() => addressOf(WHERE, role, way)).to.throw(`role ${role}`);
    });
  }

  it("returns an address or throws naming the role, for every role and way", () => {
    for (const role of ROLES) {
      for (const way of WAYS) {
        let address = "";
        try {
          address = addressOf(WHERE, role, way);
        } catch (error) {
          expect((error as Error).message).to.match(/^role \w+ /);
          continue;
        }
        expect(address, `${role} by ${way}`).to.match(/^[\d.]+$|^server\./);
      }
    }
  });
});

describe("the place of a role", () => {
  it("is the node that the role is bound to", () => {
    const nodes = ROLES.filter((role) => role !== "dns").map((role) => [role, nodeOf(role)]);
    expect(Object.fromEntries(nodes)).to.deep.equal({
      server: "A",
      sidecar: "A",
      same: "A",
      hostA: "A",
      dnsA: "A",
      other: "B",
      hostB: "B",
      third: "C",
      hostC: "C",
      dnsB: "B",
      outside: "outside",
      peer: "peer",
      twin: "twin",
      balancer: "outside",
    });
  });

  it("throws for a Service", () => {
    expect(() => nodeOf("dns")).to.throw("only be a destination");
  });

  it("is the node's network namespace for hosts, the pod's for pods", () => {
    expect(netnsPidOf(WHERE, "hostA")).to.equal(1);
    expect(netnsPidOf(WHERE, "outside")).to.equal(1);
    expect(netnsPidOf(WHERE, "same")).to.equal(102);
    expect(netnsPidOf(WHERE, "sidecar")).to.equal(103);
  });

  it("throws for a pod that does not run", () => {
    expect(() => podOf({ ...WHERE, pods: {} }, "same")).to.throw("role same has no running pod");
  });
});
