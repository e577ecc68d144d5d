import { expect } from "chai";
import fc from "fast-check";
import { renderTable } from "../../../reports/table.ts";
import { hostileRun, hostileText, sampleRun } from "./sample.ts";

describe("the terminal table", () => {
  it("has a line a scenario with its verdict as symbol and word, and its times", () => {
    const lines = renderTable(sampleRun()).split("\n");
    expect(lines[1]).to.match(
      /✔ pass +services\/bridge-nf-call-iptables +inject 12 ms +recovery 84 ms +total 4\.1 s +1 path left out: the cell has no IPv6$/,
    );
    expect(lines[2]).to.match(/✘ fail +overlay\/vxlan-port-blocked +inject 31 ms +recovery 1\.2 s/);
    expect(lines[3]).to.match(/\? unknown +nodes\/ip-forward \[swapped\] .*recovery – /);
    expect(lines[4]).to.match(/- skip +overlay\/pod-cidr-overlap +needs a second network$/);
  });

  it("ends with the summary", () => {
    expect(renderTable(sampleRun()).trimEnd().split("\n").at(-1)).to.equal(
      "1 pass, 1 fail, 1 unknown, 1 skip; 1 of 2 cells failed; 1 node tainted; 3 min 03 s; run 20260301-020000-4f2a",
    );
  });

  it("explains a failure in at most thirteen lines, the last of which is the whole command to reproduce it", () => {
    const run = sampleRun();
    const [, fail] = run.results;
    const paths = Array.from({ length: 12 }, () => fail?.paths[0]).filter((path) => path !== undefined);
    const reproduce = `./faultline run ${"x".repeat(400)}`;
    const text = renderTable({ ...run, cells: [], results: fail ? [{ ...fail, paths, reproduce }] : [] });
    const block = text.split("\n\n")[1]?.split("\n") ?? [];
    expect(block).to.have.length(13);
    expect(block[2]).to.contain("expected connect-timeout, observed ok ×2, connection-refused ×1");
    expect(block[7]).to.equal("  … and 7 more paths");
    expect(block.at(-4)).to.match(/^ {2}why: the overlay's UDP port 8472 is blocked on A/);
    expect(block.at(-3)).to.equal("  fix: let UDP 8472 pass between the nodes");
    expect(block.at(-1)).to.equal(`  reproduce: ${reproduce}`);
  });

  it("shows the whole path of a failure's evidence, and no line if none is kept", () => {
    const evidencePath = (cell: string, folder: string) => `runs/${"x".repeat(400)}/${cell}/${folder}`;
    const lines = renderTable(sampleRun(), { evidencePath }).split("\n");
    const told = lines.filter((line) => line.includes("evidence"));
    const folder = "flannel@0.28.4/iptables/1.34.4/ipv4/evidence/overlay-vxlan-port-blocked";
    expect(told).to.deep.equal([`  evidence: runs/${"x".repeat(400)}/${folder}`]);
    const passed = sampleRun().results.map((one) => ({ ...one, verdict: "pass" as const, evidence: "evidence/x" }));
    expect(renderTable({ ...sampleRun(), results: passed })).not.to.contain("evidence/x");
  });

  it("shows a cell that never got to its suites with the last lines of its error", () => {
    const run = sampleRun();
    const [cell] = run.cells;
    const message = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
    const failed = cell ? [{ ...cell, failure: { stage: "cni" as const, message } }] : [];
    const block = renderTable({ ...run, cells: failed, results: [] })
      .split("\n\n")[1]
      ?.split("\n");
    expect(block).to.have.length(9);
    expect(block?.[0]).to.equal("? unknown  flannel@0.28.4/iptables/1.34.4/ipv4 failed at stage cni");
    expect(block?.slice(1, 3)).to.deep.equal(["  line 0", "  …"]);
    expect(block?.at(-1)).to.equal("  line 29");
  });

  it("names a tainted node with its container and cause, and says that its cluster is not used again", () => {
    const text = renderTable({ ...sampleRun(), results: [] });
    const block = text.split("\n\n").find((one) => one.includes("tainted  "));
    expect(block?.split("\n")).to.deep.equal([
      "✘ tainted  node A (faultline-x-worker)  flannel@0.28.4/iptables/1.34.4/ipv4",
      "  by overlay/vxlan-port-blocked: route new: blackhole 198.51.100.0/24",
      "  this cluster is not used again; if it was kept, delete it with ./faultline gc",
    ]);
    const replaced = [
      { name: "faultline-x", replacedBecause: "node A tainted by a" },
      { name: "faultline-z", replacedBecause: null },
    ];
    const onTwo = sampleRun().cells.map((cell) => ({ ...cell, clusters: replaced }));
    expect(renderTable({ ...sampleRun(), cells: onTwo })).to.match(
      /faultline gc; the remaining scenarios ran on faultline-z$/m,
    );
    const cells = sampleRun().cells.map((cell) => ({ ...cell, tainted: [] }));
    expect(renderTable({ ...sampleRun(), cells })).not.to.contain("tainted");
  });

  it("is ASCII on request, and has no colours without a stream", () => {
    expect(renderTable(sampleRun(), { ascii: true })).to.match(/^[\n\x20-\x7e]*$/);
    const clean = (text: string): boolean => !/(?!\n)[\p{Cc}\p{Cf}]/u.test(renderTable(hostileRun(text)));
    fc.assert(fc.property(hostileText, clean));
  });
});
