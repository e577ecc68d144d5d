import { expect } from "chai";
import { withBalancer } from "../../../../clusters/create/balancer.ts";
import { isBalancerNeeded, knownPaths } from "../../../../lib/baseline/paths.ts";
import type { ClusterRecord } from "../../../../lib/model/cluster.ts";
import { flowsOf } from "../../../../lib/evidence/flows.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { noFault, type Scenario } from "../../../../lib/scenario/spec.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";

/** The cluster.json of an earlier run. */
const BEFORE = { ...RECORD, balancer: { name: "balancer", ip: "172.18.0.7", pid: 1 } };
const ECHO = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs/echo";

/** A fake Docker; from request number `answersFrom` on, the balancer answers. */
function docker({ answersFrom = 1, echo = ECHO, ip = "172.18.0.9" }) {
  const asked: string[] = [];
  let curls = 0;
  const exec: Exec = (argv) => {
    const line = argv.join(" ");
    asked.push(line);
    const isCurl = line.includes(" curl ");
    if (isCurl) curls += 1;
    const network = { [RECORD.name]: { IPAddress: ip, GlobalIPv6Address: "" } };
    const stdout = line.includes(" inspect ") ? JSON.stringify(network) : line.includes("snapshots") ? `${echo}\n` : "";
    const exitCode = isCurl && curls < answersFrom ? 7 : 0;
    return Promise.resolve({ argv, exitCode, timedOut: false, stdout, stderr: "", durationMs: 1 });
  };
  return { exec, asked };
}

async function made(answers: Parameters<typeof docker>[0], record: ClusterRecord = RECORD, isNeeded = true) {
  const { exec, asked } = docker(answers);
  const notes: string[] = [];
  const emit = (event: object) => void notes.push((event as { text: string }).text);
  const options = { dir: "/nowhere", emit, signal: new AbortController().signal, exec };
  return { record: await withBalancer(options, record, isNeeded), asked, notes };
}

describe("the balancer", () => {
  it("is not touched where no scenario needs it, and an earlier run's entry is dropped", async () => {
    const { record, asked } = await made({}, BEFORE, false);
    expect(asked).to.deep.equal([]);
    expect(JSON.parse(JSON.stringify(record))).to.deep.equal(RECORD);
    expect(flowsOf({ ...WHERE, cluster: record }).ports).to.not.include(443);
  });

  it("is node A's echo server, started in outside on both ports", async () => {
    const { record, asked, notes } = await made({ answersFrom: 2 });
    expect(record.balancer).to.deep.equal({ name: "balancer", ip: "172.18.0.9", pid: 1 });
    expect(asked).to.include(`docker cp x-worker:${ECHO} /nowhere/echo`);
    const names = "--env POD_NAME=balancer --env CONTAINER_NAME=balancer";
    expect(asked).to.include(`docker exec --detach ${names} x-outside /usr/local/bin/faultline-echo 80 443`);
    expect(notes).to.deep.equal([]);
  });

  it("is not started a second time, but its address is read again", async () => {
    const { record, asked } = await made({}, BEFORE);
    expect(record.balancer?.ip).to.equal("172.18.0.9");
    expect(asked).to.have.length(2);
  });

  for (const [what, answers] of Object.entries({
    "does not answer": { answersFrom: 3 },
    "is not found": { answersFrom: 2, echo: "" },
    "has no address": { ip: "" },
  })) {
    it(`is left out of the record where it ${what}, with a note of the cause`, async () => {
      const { record, notes } = await made(answers, BEFORE);
      expect(record.balancer).to.equal(undefined);
      expect(notes.join()).to.match(/^no balancer in x-outside: \S.*; (docker exec|see ls|run again)/);
    });
  }

  it("is needed by scenarios with a path to it, and is part of no other baseline", () => {
    const scenario = (path: string, skipped?: string): Scenario => ({
      id: "x/y",
      title: "t",
      claim: "c",
      documented: [],
      fault: noFault,
      recovers: { withinMs: 1 },
      expect: { [path]: "ok", "same → server by podIP": "ok" },
      skipWhen: () => skipped ?? null,
    });
    expect(isBalancerNeeded([scenario("same → other by podIP")], RECORD)).to.equal(false);
    expect(isBalancerNeeded([scenario("same → balancer by port 80")], RECORD)).to.equal(true);
    expect(isBalancerNeeded([scenario("same → balancer by port 80", "not here")], RECORD)).to.equal(false);
    expect(knownPaths([scenario("same → balancer by port 80")], RECORD)).to.deep.equal(["same → server by podIP"]);
  });
});
