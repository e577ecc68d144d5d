import { expect } from "chai";
import { addressOf, netnsPidOf, nodeOf, podOf } from "../../lib/address.ts";
import { ROLES, WAYS, type Role, type Way } from "../../lib/path.ts";
import { WHERE } from "./sample-cluster.ts";

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
    it(`${role} by ${way} is ${address}`, () => {
      expect(addressOf(WHERE, role, way)).to.equal(address);
    });
  }

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

  it("never gives an address of another role by mistake: an address or an error for every pair", () => {
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

describe("where a role is", () => {
  it("is the node it was bound to", () => {
    const nodes = ROLES.filter((role) => role !== "dns").map((role) => [role, nodeOf(role)]);
    expect(Object.fromEntries(nodes)).to.deep.equal({
      server: "A",
      sidecar: "A",
      same: "A",
      hostA: "A",
      dnsA: "A",
      other: "B",
      hostB: "B",
      dnsB: "B",
      outside: "outside",
      peer: "peer",
      twin: "twin",
    });
  });

  it("is nowhere for a Service", () => {
    expect(() => nodeOf("dns")).to.throw("only be a destination");
  });

  it("is the node's own network namespace for hosts, the pod's for pods", () => {
    expect(netnsPidOf(WHERE, "hostA")).to.equal(1);
    expect(netnsPidOf(WHERE, "outside")).to.equal(1);
    expect(netnsPidOf(WHERE, "same")).to.equal(102);
    expect(netnsPidOf(WHERE, "sidecar")).to.equal(103);
  });

  it("throws for a pod that is not there just now", () => {
    expect(() => podOf({ ...WHERE, pods: {} }, "same")).to.throw("role same has no running pod just now");
  });
});
