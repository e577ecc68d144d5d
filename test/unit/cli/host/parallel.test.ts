import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { eachOf, turns } from "../../../../cli/host/parallel.ts";
import { sideBySide } from "../../../../clusters/setup/side-by-side.ts";
import { GIB } from "../../../../clusters/setup/size.ts";

describe("sideBySide", () => {
  const roomy = { cores: 2, availableBytes: 20 * GIB, inotifyNodes: 10 };

  it("two cores: one cell at its suites, the next cluster in the making", () => {
    expect(sideBySide({ count: 3, nodes: 2 }, roomy)).to.deep.equal({ clusters: 2, suites: 1 });
  });

  it("more cores, more of both", () => {
    expect(sideBySide({ count: 9, nodes: 2 }, { ...roomy, cores: 8, inotifyNodes: 100 })).to.deep.equal({
      clusters: 5,
      suites: 4,
    });
    expect(sideBySide({ count: 9, nodes: 2 }, { ...roomy, cores: 1 })).to.deep.equal({ clusters: 2, suites: 1 });
  });

  it("no more than there are cells, and memory and inotify instances for", () => {
    expect(sideBySide({ count: 1, nodes: 2 }, { ...roomy, cores: 16 })).to.deep.equal({ clusters: 1, suites: 1 });
    expect(sideBySide({ count: 9, nodes: 2 }, { ...roomy, cores: 16, availableBytes: 4 * GIB }).clusters).to.equal(3);
    expect(sideBySide({ count: 9, nodes: 2 }, { ...roomy, cores: 16, inotifyNodes: 5 })).to.deep.equal({
      clusters: 2,
      suites: 2,
    });
  });

  it("fewer where a cluster has three nodes", () => {
    const three = { count: 9, nodes: 3 } as const;
    expect(sideBySide(three, { ...roomy, cores: 16, availableBytes: 4 * GIB }).clusters).to.equal(2);
    expect(sideBySide(three, { ...roomy, cores: 16, inotifyNodes: 11 }).clusters).to.equal(3);
  });

  it("one where there is room for none: the cell will tell what is missing", () => {
    expect(sideBySide({ count: 4, nodes: 2 }, { cores: 2, availableBytes: 0, inotifyNodes: 0 })).to.deep.equal({
      clusters: 1,
      suites: 1,
    });
  });

  it("is bound by cores alone where a system tells nothing else", () => {
    const silent = { cores: 4, availableBytes: undefined, inotifyNodes: undefined };
    expect(sideBySide({ count: 9, nodes: 2 }, silent)).to.deep.equal({ clusters: 3, suites: 2 });
  });

  it("is what was asked for, whatever the machine has", () => {
    expect(sideBySide({ count: 3, nodes: 2 }, { cores: 1, availableBytes: 0, inotifyNodes: 0 }, 2)).to.deep.equal({
      clusters: 2,
      suites: 2,
    });
    expect(sideBySide({ count: 2, nodes: 2 }, roomy, 9).clusters).to.equal(2);
  });
});

describe("eachOf", () => {
  const never = new AbortController().signal;

  it("has so many under way and no more, begins in order, and tells what came of each in order", async () => {
    let now = 0;
    let most = 0;
    const begun: number[] = [];
    const work = async (item: number, index: number) => {
      begun.push(index);
      most = Math.max(most, (now += 1));
      await sleep(item);
      now -= 1;
      return item * 2;
    };
    expect(await eachOf([30, 5, 5, 20, 1], 2, never, work)).to.deep.equal([60, 10, 10, 40, 2]);
    expect(begun).to.deep.equal([0, 1, 2, 3, 4]);
    expect(most).to.equal(2);
  });

  it("begins none once it is aborted, and waits for those that have begun", async () => {
    const stop = new AbortController();
    const ended: string[] = [];
    const work = async (item: string) => {
      if (item === "b") stop.abort(new Error("stop"));
      await sleep(10);
      ended.push(item);
      return item;
    };
    expect(await eachOf(["a", "b", "c", "d"], 2, stop.signal, work)).to.deep.equal(["a", "b"]);
    expect(ended).to.deep.equal(["a", "b"]);
  });

  it("throws what one threw, when the others have ended", async () => {
    const ended: string[] = [];
    const work = async (item: string) => {
      if (item === "bad") throw new Error("bad");
      await sleep(10);
      ended.push(item);
    };
    const thrown: unknown = await eachOf(["a", "bad", "c"], 2, never, work).catch((error: unknown) => error);
    expect(thrown).to.have.property("message", "bad");
    expect(ended).to.deep.equal(["a", "c"]);
  });
});

describe("turns", () => {
  it("hands a place on also when the work fails, and lets who waits leave", async () => {
    const turn = turns(1);
    const never = new AbortController().signal;
    const leaving = new AbortController();
    const said: string[] = [];
    const first = turn(never, async () => {
      await sleep(10);
      throw new Error("first");
    }).catch(() => said.push("first failed"));
    const second = turn(leaving.signal, () => Promise.resolve(said.push("second"))).catch(() =>
      said.push("second left"),
    );
    const third = turn(never, () => Promise.resolve(said.push("third")));
    leaving.abort(new Error("away"));
    await Promise.all([first, second, third]);
    expect(said[0]).to.equal("second left");
    expect(said.toSorted()).to.deep.equal(["first failed", "second left", "third"]);
    await turn(never, () => Promise.resolve(said.push("fourth")));
    expect(said.at(-1)).to.equal("fourth");
  });
});
