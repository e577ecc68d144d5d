import { expect } from "chai";
import { unresolvedIn } from "../../../../lib/engine/unresolved.ts";
import { DUAL, WHERE } from "../../sample-cluster.ts";

/** `ip -s neighbour show` of a kind node (iproute2 6.1), its addresses those of the sample cluster. */
const LISTING = `10.244.1.9 dev cni0  used 4/64/1probes 6 FAILED 
10.244.1.3 dev eth0  ref 1 used 1/61/0probes 2 INCOMPLETE 
10.244.1.2 dev cni0 lladdr 72:5a:c5:5a:0e:2c ref 1 used 2/2/2probes 1 REACHABLE 
172.18.0.2 dev eth0 lladdr 02:42:ac:12:00:02 used 31/26/1probes 1 STALE 
10.244.1.4 dev cni0  used 5/69/2probes 6 FAILED 
10.244.0.2 dev eth0  used 9/69/1probes 6 FAILED 
172.18.0.99 dev eth0  used 1/61/0probes 1 INCOMPLETE 
10.244.0.0 dev flannel.1 lladdr 5e:0e:0d:4d:0a:9f used 700/700/700probes 0 PERMANENT 
`;

describe("unresolvedIn", () => {
  it("names the neighbours that are a role's and are being asked for, or were just now", () => {
    expect(unresolvedIn(LISTING, WHERE, 5000).map((line) => line.split(" ")[0])).to.deep.equal([
      "10.244.1.3",
      "10.244.1.4",
    ]);
  });

  it("leaves out what no flow of the round has asked for, though it failed meanwhile", () => {
    expect(unresolvedIn(LISTING, WHERE, 4900).map((line) => line.split(" ")[0])).to.deep.equal(["10.244.1.3"]);
  });

  it("names those of the second family as well, which are asked for by neighbour discovery", () => {
    const listing = `fd00:10:244:1::3 dev eth0 ref 1 used 1/61/0probes 2 INCOMPLETE
fd12:3456:789a::2 dev eth0 lladdr 02:42:ac:12:00:02 used 31/26/1probes 1 STALE
fd00:10:244:1::99 dev eth0 used 1/61/0probes 1 INCOMPLETE
`;
    expect(unresolvedIn(listing, DUAL, 0)).to.have.length(1);
    expect(unresolvedIn(listing, WHERE, 0)).to.deep.equal([]);
  });

  it("is empty where there is none", () => {
    expect(unresolvedIn("", WHERE, 5000)).to.deep.equal([]);
    expect(unresolvedIn(LISTING, { ...WHERE, pods: {} }, 5000)).to.deep.equal([]);
  });
});
