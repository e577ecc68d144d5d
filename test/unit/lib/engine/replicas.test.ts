import { expect } from "chai";
import { replicaByPort, withReplicas } from "../../../../lib/engine/replicas.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { attemptsFor } from "../../../../lib/probes/attempts.ts";
import { unknownObservation } from "../../../../lib/probes/classify.ts";
import { DUAL } from "../../sample-cluster.ts";

/** As `conntrack -L -f ipv6` printed it on a node of a dual-stack cluster. */
const LISTED6 = (port: number) =>
  `udp      17 26 src=fd00:10:244:1::2 dst=fd00:10:96::a sport=${port} dport=53 [UNREPLIED] src=fd00:10:244:1::4 dst=fd00:10:244:1::2 sport=53 dport=${port} mark=0 use=1`;
const LISTED4 = (port: number) =>
  `udp      17 21 src=10.244.1.2 dst=10.96.0.10 sport=${port} dport=53 src=10.244.0.4 dst=10.244.1.2 sport=53 dport=${port} mark=0 use=1`;

describe("which replica a lookup met", () => {
  it("is where conntrack says that it was translated to, in either family", () => {
    expect(replicaByPort(`${LISTED4(10_001)}\n${LISTED6(10_002)}\n`)).to.deep.equal(
      new Map([
        [10_001, "10.244.0.4"],
        [10_002, "fd00:10:244:1::4"],
      ]),
    );
  });

  it("is told by its role, of both families at once", async () => {
    const attempts = [
      ...attemptsFor(DUAL, "same → dns by ClusterIP", { flows: 1 }),
      ...attemptsFor(DUAL, "same → dns by IPv6 ClusterIP", { flows: 1 }),
    ];
    const [four, six] = attempts.map((one) => (one.tool === "dig" ? (one.sourcePort ?? 0) : 0));
    const exec: Exec = (argv) => {
      const stdout = argv.includes("ipv6") ? LISTED6(six ?? 0) : LISTED4(four ?? 0);
      return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
    };
    const observations = attempts.map((one) => unknownObservation(one, "x"));
    const told = await withReplicas(exec, DUAL, attempts, observations);
    expect(told.map(({ seen }) => seen.replica)).to.deep.equal(["dnsB", "dnsA"]);
  });
});
