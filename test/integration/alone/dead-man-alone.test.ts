import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { mustExec } from "../../../lib/host/exec.ts";
import type { Fault } from "../../../lib/faults/registry.ts";
import { healRun } from "../../../lib/journal/heal.ts";
import { waitFor } from "../../../lib/host/wait.ts";
import { differences, makeLane, ONE_OF_EACH, type SweepLane } from "../../fixtures/faults/crash-sweep.ts";
import { leaseEndMs, leftOn, uptimeMs } from "../../fixtures/faults/node-state.ts";
import { IS_ALL } from "../../nightly.ts";
import { USUAL_HOST } from "../../fixtures/usual-host.ts";

const HARNESS = fileURLToPath(new URL("../../fixtures/faults/hold-faults.ts", import.meta.url));
const NODES = 10;
/** Of ten leases each. */
const ROUNDS = IS_ALL ? 5 : 1;
const LEASE_MS = 4_000;
/** By how much most of them may be late. A test must bear a busy machine, too: a few may be so by more. */
const LATE_MS = 2_000;
const LATEST_MS = 15_000;

/** Whether each kind of fault of ONE_OF_EACH is in force, as the kernel tells it, and when it is not any more. */
const IN_FORCE: Readonly<Record<string, string>> = {
  sysctl: '[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]',
  drop: "nft list ruleset | grep -q 8472",
  route: "ip route show 10.98.3.0/25 | grep -q proto",
};
const WATCH = 'while sh -c "$1"; do sleep 0.2; done; cut -d " " -f 1 /proc/uptime';

/** One node in one round; times are uptimes. */
interface Fired {
  readonly killedAtMs: number;
  readonly leaseEndMs: number;
  readonly goneAtMs: number;
}

describe("the dead-man alone: harness killed, the node's link down", function () {
  this.timeout(300_000);
  let lanes: SweepLane[];
  const dir = mkdtempSync(join(tmpdir(), "faultline-alone-"));

  before(async () => {
    lanes = await Promise.all(Array.from({ length: NODES }, makeLane));
  });

  after(async () => {
    for (const one of lanes) await one[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  const setLinks = (state: "up" | "down") =>
    Promise.all(lanes.map(({ node }) => mustExec(node.exec, ["ip", "link", "set", "eth0", state])));

  /** A wire that is set up again has its carrier, and with it its link-local address, a moment later. */
  const asBefore = (lane: SweepLane): Promise<void> =>
    waitFor(
      `${lane.node.name} to be as before`,
      async () => {
        const left = await differences(lane);
        if (left.length > 0) throw new Error(left.join("; "));
      },
      { budgetMs: 10_000, intervalMs: 100 },
    );

  const faultOf = (index: number): Fault => ONE_OF_EACH[index % ONE_OF_EACH.length] as Fault;

  it(`fires on ${NODES * ROUNDS} of ${NODES * ROUNDS} soon after its lease, and not before`, async () => {
    const fired: Fired[] = [];
    for (let round = 0; round < ROUNDS; round += 1) fired.push(...(await fireOnAll(round)));
    expect(fired).to.have.lengthOf(NODES * ROUNDS);
    for (const one of fired) {
      expect(one.goneAtMs, JSON.stringify(one))
        .to.be.at.least(one.leaseEndMs)
        .and.below(one.leaseEndMs + LATEST_MS);
    }
    const lateMs = fired.map(({ goneAtMs, leaseEndMs: endMs }) => goneAtMs - endMs);
    process.stdout.write(`      at the latest ${Math.max(...lateMs)} ms after it\n`);
    expect(lateMs.filter((ms) => ms < LATE_MS)).to.have.length.above(0.8 * lateMs.length);
    for (const lane of lanes) await asBefore(lane);
    expect(lanes.flatMap(({ inode }) => leftOn(inode).fired)).to.deep.equal([]);
  });

  async function fireOnAll(round: number): Promise<readonly Fired[]> {
    const jobs = lanes.map(({ node }, index) => ({ name: node.name, fault: faultOf(index + round) }));
    const journals = join(dir, `round-${round}`);
    const harness = spawn(process.execPath, [HARNESS, journals, String(LEASE_MS), JSON.stringify(jobs)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(harness, "exit");
    await Promise.race([once(harness.stdout, "data"), exited]);
    expect(harness.exitCode, "the harness holds the faults").to.equal(null);
    harness.kill("SIGKILL");
    await exited;
    const killedAtMs = uptimeMs();
    const [fired] = await Promise.all([
      Promise.all(jobs.map((job, index) => watch(index, job.fault))),
      setLinks("down"),
    ]);
    await setLinks("up");
    for (const { node } of lanes) {
      const { ok, outcomes } = await healRun(join(journals, `${node.name}.ndjson`), { host: USUAL_HOST });
      expect(ok).to.equal(true);
      expect(outcomes[0]?.finding).to.match(/^its dead-man had undone it when its lease was over/);
    }
    return fired.map((one) => ({ killedAtMs, ...one }));
  }

  /** The last end of a lease that the node knew of: a renewal may have been on its way when the harness died. */
  async function watch(index: number, fault: Fault): Promise<Omit<Fired, "killedAtMs">> {
    const { node, inode } = lanes[index] as SweepLane;
    const [id = ""] = leftOn(inode).armed;
    let leaseEnd = 0;
    let isOver = false;
    const watching = mustExec(node.exec, ["sh", "-c", WATCH, "watch", IN_FORCE[fault.kind] ?? ""]);
    const follow = async (): Promise<void> => {
      while (!isOver) {
        leaseEnd = leaseEndMs(inode, id) ?? leaseEnd;
        await pause(50);
      }
    };
    const gone = watching.finally(() => void (isOver = true));
    const [{ stdout }] = await Promise.all([gone, follow()]);
    return { leaseEndMs: leaseEnd, goneAtMs: Math.round(Number(stdout) * 1000) };
  }
});
