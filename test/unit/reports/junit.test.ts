import { expect } from "chai";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import type { Run } from "../../../lib/verdict/result.ts";
import type { EvidencePath } from "../../../reports/evidence.ts";
import { renderJunit } from "../../../reports/junit.ts";
import { hostileRun, hostileText, sampleRun } from "./sample.ts";

interface Element {
  readonly [name: string]: unknown;
}

function parse(
  run: Run,
  evidencePath?: EvidencePath,
): {
  readonly root: Element;
  readonly suites: readonly Element[];
  readonly testcases: readonly Element[];
} {
  const isArray = (name: string): boolean => ["testsuite", "testcase", "property"].includes(name);
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseAttributeValue: false,
    trimValues: false,
    isArray,
  };
  const root = (new XMLParser(options).parse(renderJunit(run, evidencePath)) as { testsuites: Element }).testsuites;
  const suites = (root["testsuite"] ?? []) as Element[];
  return { root, suites, testcases: suites.flatMap((suite) => (suite["testcase"] ?? []) as Element[]) };
}

/** The production Char of the XML 1.0 specification; parsers may stop at any other character. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Our markup, its quoted values and the entities; the rest of a file is text. */
const MARKUP =
  /<\?xml version="1.0" encoding="UTF-8"\?>|<\/?[a-z]+(?: [a-z]+="(?:[^<&"]|&(?:amp|lt|gt|quot);)*")*\/?>|&(?:amp|lt|gt|quot);/g;

describe("JUnit XML", () => {
  it("has a testsuite a cell and a testcase a scenario, with matching counts", () => {
    const { root, suites, testcases } = parse(sampleRun());
    expect(root).to.include({ tests: "6", failures: "2", errors: "2", skipped: "1" });
    expect(suites.map((suite) => suite["tests"])).to.deep.equal(["5", "1"]);
    expect(testcases.map((testcase) => testcase["name"])).to.deep.equal([
      "node A as before",
      "services/bridge-nf-call-iptables",
      "overlay/vxlan-port-blocked",
      "nodes/ip-forward [swapped]",
      "overlay/pod-cidr-overlap",
      "stage cluster",
    ]);
  });

  it("explains a failure by expected and observed symptoms of each path, and the command to reproduce it", () => {
    const failure = parse(sampleRun()).testcases[2]?.["failure"] as Element;
    expect(failure["message"]).to.equal("1 of 2 paths did not show what was expected");
    expect(failure["#text"]).to.contain("fail other → server by podIP: expected connect-timeout, observed ok ×2");
    expect(failure["#text"]).to.contain("pass same → server by podIP: expected ok, observed ok ×3");
    expect(failure["#text"]).to.match(/reproduce: \.\/faultline run overlay\/vxlan-port-blocked --cell \S+$/);
  });

  it("shows the path of a failure's evidence, and no line if none is kept", () => {
    const [, , fail, unknown] = parse(sampleRun(), (cell, folder) => `cells/${cell}/${folder}`).testcases;
    const folder = "cells/flannel@0.28.4/iptables/1.34.4/ipv4/evidence/overlay-vxlan-port-blocked";
    expect((fail?.["failure"] as Element)["#text"]).to.contain(`\nevidence: ${folder}\nreproduce:`);
    expect((unknown?.["error"] as Element)["#text"]).not.to.contain("evidence:");
  });

  it("renders unknown as error, and skip as skipped with its reason", () => {
    const [, pass, , unknown, skip] = parse(sampleRun()).testcases;
    expect(pass).to.have.all.keys("classname", "name", "time");
    expect(unknown).to.have.property("error");
    expect(skip?.["skipped"]).to.deep.equal({ message: "needs a second network" });
  });

  it("has an error for a cell that ran nothing, not an empty, green testsuite", () => {
    const run = sampleRun();
    expect(parse(run).testcases[5]?.["error"]).to.include({ message: "the cell failed at stage cluster" });
    const cutOff = { ...run, results: [], cells: run.cells.map((cell) => ({ ...cell, failure: null, tainted: [] })) };
    expect(parse(cutOff).root).to.include({ tests: "2", errors: "2" });
  });

  it("has a failure for a tainted node, with the cause", () => {
    const failure = parse(sampleRun()).testcases[0]?.["failure"] as Element;
    expect(failure["message"]).to.equal(
      "node A tainted by overlay/vxlan-port-blocked: route new: blackhole 198.51.100.0/24",
    );
    expect(failure["#text"]).to.match(/^faultline-x-worker: its cluster is not used again/);
  });

  it("cuts a huge message but keeps its end", () => {
    const xml = renderJunit(hostileRun("x".repeat(200_000)));
    expect(xml.length).to.be.lessThan(100_000);
  });

  it("is valid XML of the same shape for any output of the probes", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const run = hostileRun(text);
        const xml = renderJunit(run);
        expect(xml).not.to.match(NOT_XML);
        expect(xml.replace(MARKUP, "")).not.to.match(/[<&>]/);
        expect(xml.isWellFormed()).to.equal(true);
        expect(parse(run).root).to.include({ tests: "6", failures: "2", errors: "2", skipped: "1" });
      }),
    );
  });
});
