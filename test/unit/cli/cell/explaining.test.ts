import { expect } from "chai";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Explaining } from "../../../../cli/cell/explaining.ts";
import { explain } from "../../../../lib/why/explain.ts";
import { recorded } from "../../lib/why/recorded.ts";

const NAME = "bridge-nf-call-iptables";

describe("explaining in a thread of its own", function () {
  this.timeout(20_000);

  it("comes to the same, one time after the other", async () => {
    const { files, observations } = recorded(NAME);
    const dir = fileURLToPath(new URL(`../../../fixtures/why/${NAME}`, import.meta.url));
    const explaining = new Explaining();
    const expected = explain(files, observations);
    expect(expected).not.to.be.empty;
    expect(await explaining.explain({ dir, observations })).to.deep.equal(expected);
    expect(await explaining.explain({ dir, observations: [] })).to.deep.equal([]);
  });

  it("rejects where the thread ends without an answer, also the second time", async () => {
    const explaining = new Explaining(new URL("data:text/javascript,process.exit(3)"));
    for (let times = 1; times <= 2; times += 1) {
      const said = await explaining.explain({ dir: "", observations: [] }).then(String, String);
      expect(said).to.equal("Error: the thread that explains ended with 3");
    }
  });

  const ENDS: readonly (readonly [how: string, end: string])[] = [
    ["exits", "process.exit(0)"],
    ["dies of an error", 'throw new Error("out of memory")'],
  ];
  for (const [how, end] of ENDS) {
    it(`goes on with a new thread when one ${how} between two calls`, async () => {
      const script = `import { parentPort, threadId } from "node:worker_threads";
        parentPort.on("message", () => { parentPort.postMessage([threadId]); setImmediate(() => { ${end} }); });`;
      const explaining = new Explaining(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
      const ids = new Set<unknown>();
      for (let times = 1; times <= 2; times += 1) {
        const [id] = (await explaining.explain({ dir: "", observations: [] })) as readonly unknown[];
        ids.add(id);
        await setTimeout(1000);
      }
      expect(ids.size).to.equal(2);
    });
  }
});
