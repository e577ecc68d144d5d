import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { injectFault } from "../../lib/faults/run/inject.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { differences, makeLane, ONE_OF_EACH, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leftOn, processesIn, stateDir } from "../fixtures/faults/node-state.ts";
import { IS_ALL } from "../nightly.ts";

const CYCLES = IS_ALL ? 500 : 100;
/** After these everything that is made once is made. */
const WARM_UP = IS_ALL ? 50 : 20;

/** What may not grow, all of this process or of the node. */
interface Held {
  readonly fileDescriptors: number;
  readonly children: number;
  readonly timersAndHandles: Readonly<Record<string, number>>;
  readonly processesOnNode: number;
  readonly deadMen: number;
  readonly files: readonly string[];
}

function held(inode: string): Held {
  const resources = Map.groupBy(process.getActiveResourcesInfo(), (name) => name);
  return {
    fileDescriptors: readdirSync("/proc/self/fd").length,
    children: readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").length - 1,
    timersAndHandles: Object.fromEntries([...resources].map(([name, all]) => [name, all.length])),
    processesOnNode: processesIn(inode).length,
    deadMen: leftOn(inode).deadMen.length,
    files: readdirSync(stateDir(inode), { recursive: true }).map(String).sort(),
  };
}

/** Memory that is in use, in MiB, garbage apart. */
function memoryMib(): { readonly heap: number; readonly rss: number } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 3; times += 1) collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
}

describe(`${CYCLES} times inject and heal`, function () {
  this.timeout(600_000);
  let lane: SweepLane;

  before(async () => {
    lane = await makeLane();
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
  });

  it("leaves nothing behind: files, processes, timers, memory", async () => {
    const target = await lane.node.target();
    using journal = openJournal(lane.newJournal());
    const cycle = async (index: number): Promise<void> => {
      const fault = ONE_OF_EACH[index % ONE_OF_EACH.length];
      if (!fault) return;
      const injected = await injectFault({ target, nodeFault: { node: "A", fault }, journal });
      const { ok, finding } = await injected.heal();
      expect([ok, finding]).to.deep.equal([true, undefined]);
    };
    const settled = async () => {
      const noDeadMan = () =>
        leftOn(lane.inode).deadMen.length === 0 ? Promise.resolve() : Promise.reject(new Error("one is there"));
      await waitFor("the dead-man to end", noDeadMan, { budgetMs: 10_000, intervalMs: 50 });
      return { held: held(lane.inode), memory: memoryMib() };
    };
    for (let index = 0; index < WARM_UP; index += 1) await cycle(index);
    const first = await settled();
    for (let index = WARM_UP; index < CYCLES; index += 1) await cycle(index);
    const last = await settled();
    expect(last.held).to.deep.equal(first.held);
    expect(last.memory.heap - first.memory.heap, "MiB of heap").to.be.below(4);
    // V8 keeps some tens of MiB more or less for itself, as it likes.
    expect(last.memory.rss - first.memory.rss, "MiB of memory").to.be.below(100);
    expect(await differences(lane)).to.deep.equal([]);
  });
});
