import { expect } from "chai";
import { cniOf, DEFAULT_CELL, knownCells, nearest, parseCell } from "../../clusters/cells.ts";
import { cellId } from "../../lib/cell.ts";
import { UsageError } from "../../lib/errors.ts";

const id = cellId(DEFAULT_CELL);
const [cni = "", , kubernetes = ""] = id.split("/");

describe("parseCell", () => {
  it("reads back every cell there is", () => {
    for (const cell of knownCells()) expect(parseCell(cellId(cell))).to.deep.equal(cell);
  });

  const table: Readonly<Record<string, string>> = {
    flannel: id,
    [cni]: id,
    "flannel/iptables": id,
    [`flannel/iptables/${kubernetes}`]: id,
    "flannel/nftables": id.replace("iptables", "nftables"),
    [`${cni}/nftables/${kubernetes}/ipv4`]: id.replace("iptables", "nftables"),
  };
  for (const [text, cell] of Object.entries(table)) {
    it(`${text} is ${cell}`, () => {
      expect(cellId(parseCell(text))).to.equal(cell);
    });
  }

  const wrong = [
    "",
    "flanel",
    "flannel@0.0.1",
    "flannel/ipvs",
    "flannel//",
    "flannel/iptables/9.9",
    `${id}/more`,
    "Flannel",
  ];
  for (const text of wrong) {
    it(`refuses ${JSON.stringify(text)} with the nearest and all that are known`, () => {
      const thrown = (): unknown => parseCell(text);
      expect(thrown).to.throw(UsageError, /is not known; the nearest is flannel@/);
      expect(thrown).to.throw().with.property("nextStep").that.includes(id);
    });
  }
});

describe("cells", () => {
  it("are all different, the default among them", () => {
    const ids = knownCells().map(cellId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include(id);
  });

  it("have a CNI that states its traits and which pods make it ready", () => {
    for (const cell of knownCells()) {
      const { traits, ready, manifest } = cniOf(cell);
      expect(traits).to.include.all.keys("bridge", "overlay");
      for (const { everyMs } of traits.resyncs) expect(everyMs).to.be.above(0);
      expect(ready.selector).to.match(/\S/);
      expect(manifest).to.match(/\.yaml$/);
    }
    expect(() => cniOf({ ...DEFAULT_CELL, cni: "none" })).to.throw(UsageError, '"none" is not known');
  });
});

describe("nearest", () => {
  it("is the one with the fewest edits", () => {
    expect(nearest("servces/no-endpoint", ["dns/coredns-loop", "services/no-endpoints"])).to.equal(
      "services/no-endpoints",
    );
    expect(nearest("", ["abc", "a"])).to.equal("a");
    expect(nearest("x", [])).to.equal("none");
  });
});
