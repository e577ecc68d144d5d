import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { join, type JoinedCluster } from "../../clusters/create/join.ts";
import { behind, hostExec, mustExec } from "../../lib/host/exec.ts";

/** One node of two, in a namespace: its pods on a bridge, the other node's by a route, and the masquerading of CNIs. */
const NODE = "node";
const SETUP = [
  "ip link add eth0 type veth peer name wire0",
  "ip link set wire0 up",
  "ip addr add 172.31.0.2/24 dev eth0",
  "ip link set eth0 up",
  "ip link add cni0 type veth peer name pod0",
  "ip link set pod0 up",
  "ip addr add 10.244.0.1/24 dev cni0",
  "ip link set cni0 up",
  "ip route add 10.244.1.0/24 via 172.31.0.3",
  "iptables -w -t nat -A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE",
];
const side = (podSubnet: string, ...nodes: readonly (readonly [string, string, string])[]): JoinedCluster => ({
  podSubnets: [podSubnet],
  nodes: nodes.map(([container, podCidr, address]) => ({ container, podCidrs: [podCidr], addresses: [address] })),
});
const FIRST = side("10.244.0.0/16", [NODE, "10.244.0.0/24", "172.31.0.2"], ["worker", "10.244.1.0/24", "172.31.0.3"]);
const PEER = side("10.245.0.0/16", ["peer", "10.245.0.0/24", "172.31.0.9"]);
const TWIN = side("10.244.0.0/16", ["twin", "10.244.0.0/24", "172.31.0.9"]);

describe("join.sh on a node", function () {
  const netns = `fl-join-${randomBytes(3).toString("hex")}`;
  const here = behind(["ip", "netns", "exec", netns], hostExec);
  const said = async (...argv: readonly string[]) => (await mustExec(here, argv)).stdout;
  /** The other nodes are none of this test's: what would run there is not run. */
  const joinTo = (other: JoinedCluster) =>
    join(FIRST, other, (container) =>
      container === NODE
        ? here
        : (argv) => Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 0 }),
    );

  beforeEach(async function () {
    await mustExec(hostExec, ["ip", "netns", "add", netns]);
    for (const command of SETUP) await mustExec(here, command.split(" "));
  });
  afterEach(async function () {
    await hostExec(["ip", "netns", "del", netns]);
  });

  it("leads to the other cluster's pods, untranslated before the CNI's own rule", async function () {
    await joinTo(PEER);
    expect(await said("ip", "route", "get", "10.245.0.2")).to.contain("via 172.31.0.9 dev eth0");
    const rules = (await said("iptables", "-w", "-t", "nat", "-S", "POSTROUTING")).trim().split("\n");
    expect(rules[1])
      .to.contain("-s 10.244.0.0/16 -d 10.245.0.0/16")
      .and.to.match(/-j ACCEPT$/);
    expect(rules[2]).to.match(/-j MASQUERADE$/);
  });

  it("leads nowhere but to its own cluster when the other has the same pod CIDR", async function () {
    await joinTo(TWIN);
    expect(await said("ip", "route", "show", "10.244.0.0/16")).to.contain("via 172.31.0.9");
    expect(await said("ip", "route", "get", "10.244.0.2")).to.contain("dev cni0");
    expect(await said("ip", "route", "get", "10.244.1.2")).to.contain("via 172.31.0.3");
    expect(await said("iptables", "-w", "-t", "nat", "-S", "POSTROUTING")).not.to.contain("joined");
  });

  it("says what a node refuses", async function () {
    await joinTo(PEER);
    const error: unknown = await joinTo(PEER).catch((reason: unknown) => reason);
    expect((error as Error).message).to.contain("File exists");
  });
});
