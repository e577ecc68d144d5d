import { expect } from "chai";
import type { ExecResult } from "../../../../../lib/host/exec.ts";
import { keepRenewing } from "../../../../../lib/faults/run/renewal.ts";
import type { Target } from "../../../../../lib/faults/run/target.ts";
import { waitFor } from "../../../../../lib/host/wait.ts";
import { containerIdentity } from "../../../../fixtures/faults/fake-node.ts";
import { USUAL_HOST } from "../../../../fixtures/usual-host.ts";

const LEASE = { leaseMs: 30, longestMs: 60_000 };

/** A node that answers renewals as told, one after the other; the last answer for all that follow. */
function answering(...answers: readonly (string | Error)[]) {
  const timeoutsMs: (number | undefined)[] = [];
  const exec: Target["exec"] = (argv, options) => {
    timeoutsMs.push(options?.timeoutMs);
    const answer = answers[Math.min(timeoutsMs.length, answers.length) - 1] ?? "";
    if (answer instanceof Error) return Promise.reject(answer);
    const result: ExecResult = { argv, exitCode: 0, timedOut: false, stdout: answer, stderr: "", durationMs: 1 };
    return Promise.resolve(result);
  };
  const target: Target = {
    node: "A",
    identity: containerIdentity("node-a"),
    hostNetnsInodes: ["4026531833"],
    exec,
    host: USUAL_HOST,
  };
  return { target, timeoutsMs };
}

describe("renewal", () => {
  const times = (timeoutsMs: readonly unknown[], wanted: number) =>
    waitFor(
      `${wanted} renewals`,
      () => (timeoutsMs.length >= wanted ? Promise.resolve() : Promise.reject(new Error(`${timeoutsMs.length}`))),
      { budgetMs: 5_000, intervalMs: 5 },
    );

  it("goes on after errors, and waits for none longer than until the next", async () => {
    const { target, timeoutsMs } = answering(new Error("no node"), "renewed\n");
    const stop = keepRenewing(target, "abc1", LEASE);
    await times(timeoutsMs, 4);
    stop();
    expect(new Set(timeoutsMs)).to.deep.equal(new Set([LEASE.leaseMs / 3]));
  });

  it("ends when told to", async () => {
    const { target, timeoutsMs } = answering("renewed\n");
    const stop = keepRenewing(target, "abc1", LEASE);
    await times(timeoutsMs, 1);
    stop();
    const sent = timeoutsMs.length;
    await new Promise((resolve) => setTimeout(resolve, 3 * LEASE.leaseMs));
    expect(timeoutsMs).to.have.length(sent);
  });

  it("ends when the dead-man was quicker", async () => {
    const { target, timeoutsMs } = answering("renewed\n", "dead-man started\ngone\n");
    keepRenewing(target, "abc1", LEASE);
    await times(timeoutsMs, 2);
    await new Promise((resolve) => setTimeout(resolve, 3 * LEASE.leaseMs));
    expect(timeoutsMs).to.have.length(2);
  });

  it("keeps no process alive", () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const stop = keepRenewing(answering("renewed\n").target, "abc1", LEASE);
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout")).to.have.length(before);
    stop();
  });
});
