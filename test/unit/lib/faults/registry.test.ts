import { expect } from "chai";
import { describeApply, describeUndo } from "../../../../lib/faults/run/describe.ts";
import { renderDrop } from "../../../../lib/faults/kinds/drop/table.ts";
import { type Fault, kindOf, validateFault } from "../../../../lib/faults/registry.ts";
import type { LoadBalancerFault } from "../../../../lib/faults/kinds/load-balancer/kind.ts";
import loadBalancerKind from "../../../../lib/faults/kinds/load-balancer/kind.ts";
import { renderResolvConf } from "../../../../lib/faults/kinds/resolv-conf/file.ts";
import resolvConfKind from "../../../../lib/faults/kinds/resolv-conf/kind.ts";
import routeKind from "../../../../lib/faults/kinds/route/kind.ts";
import selectorKind from "../../../../lib/faults/kinds/selector/kind.ts";
import { canonicalLabels } from "../../../../lib/faults/contract/kubernetes-values.ts";
import { isHostWide, sysctlClaim, sysctlPath } from "../../../../lib/faults/kinds/sysctl/keys.ts";
import { network } from "../../../../lib/faults/contract/values.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const check = (fault: object) => () => validateFault({ node: "A", fault: fault as Fault });

const BALANCER: LoadBalancerFault = {
  kind: "load-balancer",
  namespace: "n",
  selector: { a: "b" },
  address: "172.18.0.9",
  port: 80,
  targetPort: 8080,
  ipMode: "VIP",
};

describe("fault kinds", () => {
  it("render a drop as one transaction that makes the table anew", () => {
    const fault = {
      kind: "drop",
      hook: "prerouting",
      protocol: "udp",
      destinationPort: 8472,
      source: "10.1.2.3/8",
    } as const;
    expect(renderDrop(fault, "abc1")).to.equal(`table inet fl_abc1 {
}
delete table inet fl_abc1
table inet fl_abc1 {
  chain faultline {
    type filter hook prerouting priority -350; policy accept;
    meta l4proto udp ip saddr 10.0.0.0/8 udp dport 8472 counter drop comment "faultline abc1"
  }
}
`);
  });

  it("name a sysctl's file as sysctl(8) does", () => {
    expect(sysctlPath("net.ipv4.conf.eth0/100.rp_filter")).to.equal("net/ipv4/conf/eth0.100/rp_filter");
  });

  it("know the keys that are the whole machine's", () => {
    const theirs = [
      "net.netfilter.nf_hooks_lwtunnel",
      "net.netfilter.nf_conntrack_max",
      "net.nf_conntrack_max",
      "net.netfilter.nf_conntrack_buckets",
    ];
    const more = ["net.ipv4.neigh.default.gc_thresh3", "net.ipv6.neigh.default.gc_thresh1", "net.core.rmem_max"];
    for (const key of [...theirs, ...more, "net.ipv4.route.flush"]) expect(isHostWide(key), key).to.equal(true);
    const nodes = ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.core.somaxconn"];
    for (const key of [...nodes, "net.netfilter.nf_conntrack_tcp_be_liberal"])
      expect(isHostWide(key), key).to.equal(false);
  });

  for (const key of [
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.eth0/1.disable_ipv6",
    "net.ipv6.conf.eth0.addr_gen_mode",
    "net.ipv6.conf.default.stable_secret",
    "net.ipv6.conf.all.disable_policy",
    "net.ipv4.neigh.default.mcast_solicit",
    "net.ipv4.neigh.eth0.unres_qlen",
  ]) {
    it(`refuse ${key}, which could not be put back`, () => {
      expect(check({ kind: "sysctl", key, value: "1" }))
        .to.throw()
        .with.property("name", "GuardError");
    });
  }

  it("claim one name for the guises of one sysctl, and of what the kernel may change along with it", () => {
    const one = (keys: readonly string[]) => new Set(keys.map(sysctlClaim));
    expect(
      one(["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.eth0/1.forwarding"]),
    ).to.have.lengthOf(1);
    expect(
      one(["net.ipv4.ip_forward", "net.ipv4.conf.all.accept_redirects", "net.ipv4.conf.eth0.accept_redirects"]),
    ).to.have.lengthOf(1);
    expect(one(["net.ipv6.conf.all.forwarding", "net.ipv6.conf.eth0/1.forwarding"])).to.have.lengthOf(1);
    expect(one(["net.ipv4.conf.default.rp_filter", "net.ipv4.conf.eth0.rp_filter"])).to.have.lengthOf(1);
    expect(
      one(["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.rp_filter"]),
    ).to.have.lengthOf(3);
    expect(one(["net.ipv4.neigh.eth0.mcast_solicit", "net.ipv4.neigh.eth1.mcast_solicit"])).to.have.lengthOf(2);
  });

  it("write networks as the tools print them", () => {
    expect(network("10.1.2.3/8")).to.deep.equal({ family: 4, cidr: "10.0.0.0/8" });
    expect(network("10.1.2.3")).to.deep.equal({ family: 4, cidr: "10.1.2.3/32" });
    expect(network("FD00:0:0::1/64")).to.deep.equal({ family: 6, cidr: "fd00::/64" });
  });

  const WRONG: readonly (readonly [object, RegExp])[] = [
    [{ kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 0 }, /destinationPort/],
    [{ kind: "drop", hook: "prerouting", protocol: "icmp", destinationPort: 80 }, /ICMP has none|icmp has a port/],
    [
      { kind: "drop", hook: "output", protocol: "tcp", source: "10.0.0.1", destination: "fd00::1" },
      /mixes IPv4 and IPv6/,
    ],
    [{ kind: "drop", hook: "output", protocol: "tcp", source: "10.0.0.1/33" }, /source: must be an address or a CIDR/],
    [{ kind: "drop", hook: "output", protocol: "tcp", source: "0x7f.1" }, /source/],
    [{ kind: "drop", hook: "output", protocol: "tcp", extra: 1 }, /extra/],
    [{ kind: "route", type: "unicast", to: "10.0.0.0/8" }, /a device goes with unicast/],
    [{ kind: "route", type: "blackhole", to: "10.0.0.0/8", device: "eth0" }, /a device goes with unicast/],
    [{ kind: "route", type: "unicast", to: "10.0.0.0/8", device: "eth0 via 1" }, /device/],
    [{ kind: "route", type: "unicast", to: "10.0.0.0/8", device: "-x" }, /device/],
    [{ kind: "resolv-conf", nameservers: [] }, /nameservers/],
    [{ kind: "resolv-conf", nameservers: ["1.1.1.1\nsearch evil"] }, /nameservers/],
    [{ ...BALANCER, address: "127.0.0.1" }, /no address that a balancer can have \(loopback\)/],
    [{ ...BALANCER, address: "::ffff:10.0.0.1" }, /no address that a balancer can have \(ipv4Mapped\)/],
    [{ ...BALANCER, address: "fe80::1" }, /no address that a balancer can have \(linkLocal\)/],
    [{ ...BALANCER, address: "172.18.0.9/32" }, /address/],
    [{ ...BALANCER, selector: {} }, /selects no pods/],
    [{ ...BALANCER, ipMode: "vip" }, /ipMode/],
    [{ ...BALANCER, targetPort: 0 }, /targetPort/],
    [{ kind: "selector", namespace: "n", service: "s", selector: {} }, /is empty/],
    [{ kind: "selector", namespace: "n", service: "-s", selector: { a: "b" } }, /service/],
    [{ kind: "selector", namespace: "n", service: "s", selector: { a: '"}}]' } }, /selector/],
  ];
  for (const [fault, message] of WRONG) {
    it(`refuse ${JSON.stringify(fault)}`, () => {
      expect(check(fault)).to.throw(message);
    });
  }

  it("read a route of ours back, and none", () => {
    const fault = { kind: "route", type: "blackhole", to: "10.0.0.0/8" } as const;
    expect(routeKind.readBackSaid(fault, "blackhole 10.0.0.0/8 \n")).to.deep.equal({
      inForce: true,
      detail: "blackhole 10.0.0.0/8",
    });
    expect(routeKind.readBackSaid(fault, "\n")).to.include({ inForce: false });
  });

  it("compare selectors as kubectl prints them", () => {
    expect(canonicalLabels({ b: "2", "a/x": "1" })).to.equal('{"a/x":"1","b":"2"}');
    const fault = { kind: "selector", namespace: "n", service: "s", selector: { b: "2", a: "1" } } as const;
    expect(selectorKind.readBackSaid(fault, '{"a":"1","b":"2"}')).to.include({ inForce: true });
    expect(() => selectorKind.captured(fault, "")).to.throw(/has no selector to change/);
    expect(() => selectorKind.captured(fault, '{"a":"1","b":"2"}')).to.throw(/is that already/);
  });

  it("refuse a balancer's address that somebody has, however it is written", () => {
    const has = (fault: LoadBalancerFault, said: string) => () => loadBalancerKind.captured(fault, said);
    const said = "10.96.0.1 fd00:10:96::1  \n10.96.0.7  172.18.0.7\n172.18.0.2 a-worker\n";
    expect(has(BALANCER, said)()).to.equal(null);
    for (const address of ["10.96.0.1", "172.18.0.7", "172.18.0.2", "fd00:10:96:0::1"])
      expect(has({ ...BALANCER, address }, said), address).to.throw(`has the address ${address} already`);
  });

  it("take a balancer's Service for in force only with its port, address and ipMode", () => {
    const said = (text: string) => loadBalancerKind.readBackSaid(BALANCER, text);
    expect(said("80 172.18.0.9 VIP")).to.include({ inForce: true });
    for (const text of ["80  ", "80 172.18.0.9 ", "80 172.18.0.9 Proxy", "443 172.18.0.9 VIP", "80 172.18.0.8 VIP"])
      expect(said(text), text).to.include({ inForce: false });
    expect(said("")).to.deep.equal({ inForce: false, detail: "the Service is gone" });
    const six = { ...BALANCER, address: "FD00:0::9" };
    expect(loadBalancerKind.readBackSaid(six, "80 fd00::9 VIP")).to.include({ inForce: true });
  });

  it("take a resolv.conf for in force only when it is marked and holds our servers", () => {
    const fault = { kind: "resolv-conf", nameservers: ["127.0.0.53", "fd00::53"] } as const;
    expect(renderResolvConf(fault)).to.equal("nameserver 127.0.0.53\nnameserver fd00::53\n");
    const ours = Buffer.from(renderResolvConf(fault)).toString("base64");
    expect(resolvConfKind.readBackSaid(fault, ours)).to.include({ inForce: true });
    expect(resolvConfKind.readBackSaid(fault, "absent")).to.include({ inForce: false });
  });

  it("say in a plan what they would run, guard included, and run nothing", () => {
    const nodeFault = { node: "B", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;
    const names = new Map<string, string>();
    const [capture, apply] = describeApply({ nodeFault }, names, USUAL_SPEED);
    expect(capture)
      .to.match(/^docker exec /)
      .and.include("net:[$1]");
    expect(apply).to.match(/net\/ipv4\/ip_forward 0$/);
    expect(describeUndo({ nodeFault }, names, USUAL_SPEED)[0]).to.match(
      /net\/ipv4\/ip_forward 0 \S*'<value read before>'$/,
    );
    expect(describeApply({ nodeFault: { node: "A", fault: { kind: "none" } } }, names, USUAL_SPEED)).to.deep.equal([]);
    expect(kindOf({ kind: "none" }).kind).to.equal("none");
  });
});
