import { expect } from "chai";
import { unresolvedIn } from "../../lib/engine/unresolved.ts";
import { WHERE } from "./sample-cluster.ts";

/** `ip neighbour show` of a kind node (iproute2 6.1), its addresses those of the sample cluster. */
const LISTING = `10.244.1.9 dev cni0 FAILED
10.244.1.3 dev eth0 INCOMPLETE
10.244.1.2 dev cni0 lladdr 72:5a:c5:5a:0e:2c REACHABLE
172.18.0.2 dev eth0 lladdr 02:42:ac:12:00:02 STALE
10.244.1.4 dev cni0 FAILED
172.18.0.99 dev eth0 INCOMPLETE
10.244.0.0 dev flannel.1 lladdr 5e:0e:0d:4d:0a:9f PERMANENT
`;

describe("unresolvedIn", () => {
  it("names the neighbours that are a role's and have no hardware address", () => {
    expect(unresolvedIn(LISTING, WHERE)).to.deep.equal([
      "10.244.1.3 dev eth0 INCOMPLETE",
      "10.244.1.4 dev cni0 FAILED",
    ]);
  });

  it("is empty where there is none", () => {
    expect(unresolvedIn("", WHERE)).to.deep.equal([]);
    expect(unresolvedIn(LISTING, { ...WHERE, pods: {} })).to.deep.equal([]);
  });
});
