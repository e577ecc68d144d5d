import { expect } from "chai";
import type { Candidate, Case } from "../../../../lib/why/case/case.ts";
import { wrongAnswer, wrongServer } from "../../../../lib/why/rules/wrong-server.ts";
import { parsePath } from "../../../../lib/model/path.ts";
import type { Seen } from "../../../../lib/probes/probe.ts";
import type { Symptom } from "../../../../lib/model/symptom.ts";
import { placesOf } from "../../../../lib/evidence/places.ts";
import { WHERE } from "../../sample-cluster.ts";
import { observation } from "../../sample-log.ts";

interface Change {
  readonly path: string;
  readonly symptom?: Symptom;
  readonly seen?: Seen;
  readonly endpoints?: readonly string[];
  readonly dialled?: string;
  /** The device by which the reply came in. */
  readonly replyBy?: string;
}

const RULE = { file: "iptables-nft", chain: "KUBE-SEP-X", text: "-j DNAT --to-destination 10.244.1.2:8080" };

/** Only the fields that these rules read. */
function caseOf({
  path,
  symptom = "wrong-server",
  seen = {},
  endpoints = [],
  dialled = "10.96.0.7",
  replyBy,
}: Change): Case {
  const parsed = parsePath(path);
  const server = parsed.to.startsWith("dns") ? { node: "A", pod: "dnsA", device: "veth4", addresses: [] } : null;
  const trace = {
    observation: { ...observation(path, symptom, seen), tool: parsed.tool },
    path: parsed,
    endpoints,
    server,
    dialled: { address: dialled, port: 80 },
    client: { node: "A", pod: "same", device: "veth2", addresses: [] },
    reply: replyBy === undefined ? [] : [{ node: "A", device: replyBy, direction: "in" }],
  };
  const picture = { nodes: new Map([["A", { node: "A", rules: [RULE] }]]), places: placesOf(WHERE), interfaces: {} };
  return { trace, picture } as unknown as Case;
}

function causes(found: readonly Candidate[]): readonly string[] {
  return found.map(({ confidence, cause }) => `${confidence}: ${cause}`);
}

describe("why: the server that answered instead", () => {
  const BY_SERVICE = "same → server by ClusterIP";

  it("is the one to which a rule's translation led", () => {
    const found = wrongServer.explain(caseOf({ path: BY_SERVICE, endpoints: ["10.244.1.2:8080"] }));
    expect(causes(found)).to.deep.equal(["proven: 10.96.0.7:80 was answered at 10.244.1.2:8080, by pod same"]);
    expect(found[0]?.evidence.at(-1)).to.contain("KUBE-SEP-X");
  });

  it("is the one it names itself, where no capture shows the translation", () => {
    const found = wrongServer.explain(caseOf({ path: "hostA → server by ClusterIP", seen: { server: "same" } }));
    expect(causes(found)).to.deep.equal(["likely: 10.96.0.7:80 was answered by pod same"]);
  });

  it("is not explained by a translation to the right pod", () => {
    expect(wrongServer.explain(caseOf({ path: BY_SERVICE, endpoints: ["10.244.1.3:8080"] }))).to.deep.equal([]);
    const redirected = { path: "same → server by podIP", seen: { server: "server", container: "sidecar" } };
    expect(wrongServer.explain(caseOf(redirected))).to.deep.equal([]);
  });

  it("is unknown when no pod has its address", () => {
    const found = wrongServer.explain(caseOf({ path: BY_SERVICE, endpoints: ["192.0.2.7:80"] }));
    expect(causes(found)).to.deep.equal(["likely: 10.96.0.7:80 was answered at 192.0.2.7:80, by an unknown server"]);
  });

  it("has no explanation where no other server answered", () => {
    expect(wrongServer.explain(caseOf({ path: BY_SERVICE, symptom: "connect-timeout" }))).to.deep.equal([]);
    expect(wrongAnswer.explain(caseOf({ path: BY_SERVICE }))).to.deep.equal([]);
  });
});

describe("why: a wrong DNS answer", () => {
  const LOOKUP = "same → dns by ClusterIP";

  it("is its replica's own when it came out of the replica's device", () => {
    const one = caseOf({ path: LOOKUP, endpoints: ["10.244.1.4:53"], replyBy: "veth4" });
    expect(causes(wrongAnswer.explain(one))[0]).to.match(
      /^proven: the cluster's DNS itself gives another answer \(pod dnsA\)/,
    );
    expect(wrongServer.explain(one)).to.deep.equal([]);
  });

  it("is not the replica's when it came from elsewhere", () => {
    for (const replyBy of ["eth0", undefined])
      expect(wrongAnswer.explain(caseOf({ path: LOOKUP, ...(replyBy && { replyBy }) }))).to.deep.equal([]);
  });
});
