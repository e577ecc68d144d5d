import { expect } from "chai";
import fc from "fast-check";
import { UsageError } from "../../lib/errors.ts";
import { parsePath, ROLES, TOOLS, WAYS, type Path } from "../../lib/path.ts";

describe("parsePath", () => {
  const table: Readonly<Record<string, Path>> = {
    "same → server by ClusterIP": { from: "same", to: "server", way: "ClusterIP", tool: "curl" },
    "other → server by Service name": { from: "other", to: "server", way: "Service name", tool: "curl" },
    "same → dns by ClusterIP": { from: "same", to: "dns", way: "ClusterIP", tool: "dig" },
    "other → dnsA by podIP": { from: "other", to: "dnsA", way: "podIP", tool: "dig" },
    "same → dnsB by podIP with ping": { from: "same", to: "dnsB", way: "podIP", tool: "ping" },
    "hostA → hostB by nodeIP with ping": { from: "hostA", to: "hostB", way: "nodeIP", tool: "ping" },
    "server → sidecar by localhost": { from: "server", to: "sidecar", way: "localhost", tool: "curl" },
  };
  for (const [text, path] of Object.entries(table)) {
    it(`reads ${text}`, () => {
      expect(parsePath(text)).to.deep.equal(path);
    });
  }

  const wrong: readonly (readonly [text: string, word: string])[] = [
    ["nobody → server by podIP", '"nobody"'],
    ["same → nobody by podIP", '"nobody"'],
    ["same → server by magic", '"magic"'],
    ["same → server by podIP with telnet", '"telnet"'],
    ["same -> server by podIP", "is not of the form"],
    ["same → server", "is not of the form"],
    ["", "is not of the form"],
    ["10.0.0.1 → server by podIP", "is not of the form"],
    ["same → server by podIP\n", "is not of the form"],
    ["constructor → server by podIP", '"constructor"'],
  ];
  for (const [text, word] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parsePath(text)).to.throw(UsageError, word);
    });
  }

  it("reads back every path that can be written", () => {
    const any = fc.tuple(...[ROLES, ROLES, WAYS, TOOLS].map((words) => fc.constantFrom<string>(...words)));
    fc.assert(
      fc.property(any, ([from, to, way, tool]) => {
        expect(parsePath(`${from} → ${to} by ${way} with ${tool}`)).to.deep.equal({ from, to, way, tool });
      }),
    );
  });
});
