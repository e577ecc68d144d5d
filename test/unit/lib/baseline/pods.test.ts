import { expect } from "chai";
import { podDifferences } from "../../../../lib/baseline/pods.ts";

/** Shortened output of ip on a kind node. */
function network(address: string, ...routes: readonly string[]): string {
  return [
    "2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP mode DEFAULT group default",
    "    link/ether 36:09:fa:c4:63:78 brd ff:ff:ff:ff:ff:ff link-netnsid 0",
    "    RX:  bytes packets errors dropped  missed   mcast",
    `    ${Math.round(address.length * 1000)}     127      0       0       0       0`,
    `    inet ${address}/24 brd 10.244.1.255 scope global eth0`,
    "       valid_lft forever preferred_lft forever",
    "default via 10.244.1.1 dev eth0",
    ...routes,
    "local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1",
    "10.244.1.1 dev eth0 lladdr 8e:9c:38:13:fd:e9 used 3/3/3 probes 1 REACHABLE",
  ].join("\n");
}

const texts = (text: string) => new Map([["pod-server-network", text]]);
const was = texts(network("10.244.1.2", "10.244.0.0/16 via 10.244.1.1 dev eth0"));

describe("podDifferences", () => {
  it("returns nothing if only neighbours and counters differ", () => {
    const now = (was.get("pod-server-network") ?? "").replace("REACHABLE", "STALE").replace("127 ", "999 ");
    expect(podDifferences(was, texts(now.replace(/\n10\.244\.1\.1 dev.*$/, "")))).to.deep.equal([]);
  });

  it("returns an added route and a removed one", () => {
    const now = texts(network("10.244.1.2", "blackhole 10.244.0.0/25"));
    expect(podDifferences(was, now)).to.deep.equal([
      "pod server gone: 10.244.0.0/16 via 10.244.1.1 dev eth0",
      "pod server new: blackhole 10.244.0.0/25",
    ]);
  });

  it("returns a changed device", () => {
    const now = texts((was.get("pod-server-network") ?? "").replace("mtu 1450", "mtu 1300"));
    expect(podDifferences(was, now).join("\n")).to.match(
      /^pod server gone: 2: eth0@if5: .*mtu 1450.*\npod server new: 2: eth0.*mtu 1300/,
    );
  });

  it("returns a removed or changed address", () => {
    const now = texts((was.get("pod-server-network") ?? "").replace("10.244.1.2/24", "10.244.1.9/24"));
    expect(podDifferences(was, now).join("\n")).to.match(
      /gone: inet 10\.244\.1\.2\/24 .*\n.*new: inet 10\.244\.1\.9\/24/,
    );
  });

  it("returns nothing for a recreated or missing pod", () => {
    const another = network("10.244.1.9").replace("36:09:fa:c4:63:78", "36:09:fa:c4:63:79");
    expect(podDifferences(was, texts(another))).to.deep.equal([]);
    expect(podDifferences(was, new Map())).to.deep.equal([]);
    expect(podDifferences(new Map([["nft", "x"]]), new Map([["nft", "y"]]))).to.deep.equal([]);
  });
});
