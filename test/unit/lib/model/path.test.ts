import { expect } from "chai";
import fc from "fast-check";
import { UsageError } from "../../../../lib/host/errors.ts";
import {
  parsePath,
  ROLES,
  TOOLS,
  WAYS,
  type Path,
  type Role,
  type Tool,
  type Way,
} from "../../../../lib/model/path.ts";

describe("parsePath", () => {
  const table: Readonly<Record<string, Path>> = {
    "same → server by ClusterIP": { from: "same", to: "server", way: "ClusterIP", tool: "curl" },
    "other → server by Service name": { from: "other", to: "server", way: "Service name", tool: "curl" },
    "same → dns by ClusterIP": { from: "same", to: "dns", way: "ClusterIP", tool: "dig" },
    "other → dnsA by podIP": { from: "other", to: "dnsA", way: "podIP", tool: "dig" },
    "same → dnsB by podIP with ping": { from: "same", to: "dnsB", way: "podIP", tool: "ping" },
    "hostA → hostB by nodeIP with ping": { from: "hostA", to: "hostB", way: "nodeIP", tool: "ping" },
    "same → server by IPv6 ClusterIP": { from: "same", to: "server", way: "ClusterIP", tool: "curl", family: "IPv6" },
    "same → server by IPv4 Service name": {
      from: "same",
      to: "server",
      way: "Service name",
      tool: "curl",
      family: "IPv4",
    },
    "hostA → hostB by IPv6 nodeIP with ping": {
      from: "hostA",
      to: "hostB",
      way: "nodeIP",
      tool: "ping",
      family: "IPv6",
    },
    "other → balancer by port 443": { from: "other", to: "balancer", way: "port 443", tool: "curl" },
    "hostB → balancer by IPv6 port 80": {
      from: "hostB",
      to: "balancer",
      way: "port 80",
      tool: "curl",
      family: "IPv6",
    },
    "server → sidecar by localhost": { from: "server", to: "sidecar", way: "localhost", tool: "curl" },
  };
  for (const [text, path] of Object.entries(table)) {
    it(`parses ${text}`, () => {
      expect(parsePath(text)).to.deep.equal(path);
    });
  }

  const wrong: readonly (readonly [text: string, word: string])[] = [
    ["nobody → server by podIP", '"nobody"'],
    ["same → nobody by podIP", '"nobody"'],
    ["same → server by magic", '"magic"'],
    ["same → server by podIP with telnet", '"telnet"'],
    ["same -> server by podIP", "is not of the form"],
    ["same → server by IPv5 podIP", "is not of the form"],
    ["same → server by ipv6 podIP", "is not of the form"],
    ["same → server by IPv6", "is not of the form"],
    ["same → server by podIP IPv6", "is not of the form"],
    ["same → server", "is not of the form"],
    ["", "is not of the form"],
    ["10.0.0.1 → server by podIP", "is not of the form"],
    ["same → server by podIP\n", "is not of the form"],
    ["constructor → server by podIP", '"constructor"'],
    ["dns → server by podIP", '"dns"'],
    ["dnsA → server by podIP", '"dnsA"'],
    ["balancer → server by podIP", '"balancer"'],
    ["same → server by port 80", "server has no port 80"],
    ["same → balancer by port 8080", '"port 8080"'],
    ["same → balancer by podIP", "balancer has no podIP"],
    ["same → other by ClusterIP", "other has no ClusterIP"],
    ["same → sidecar by NodePort", "sidecar has no NodePort"],
    ["same → server by nodeIP", "server has no nodeIP"],
    ["same → outside by podIP", "outside has no podIP"],
    ["same → server by localhost", "same and server do not share a localhost"],
    ["hostA → server by Service name", "hostA is not a pod"],
    ["same → server by podIP with dig", "answers curl"],
    ["same → dns by ClusterIP with curl", "answers dig"],
    ["hostB → hostA by nodeIP", "with ping"],
    ["same → third by ClusterIP", "third has no ClusterIP"],
    ["hostC → server by Service name", "hostC is not a pod"],
  ];
  for (const [text, word] of wrong) {
    it(`throws for ${JSON.stringify(text)}`, () => {
      expect(() => parsePath(text)).to.throw(UsageError, word);
    });
  }

  /** Repeats the table of lib/model/path.ts, so that it is not tested against itself. */
  const reached: Readonly<Record<Way, string>> = {
    podIP: "server sidecar same other third dnsA dnsB peer twin",
    ClusterIP: "server dns",
    "Service name": "server",
    NodePort: "server",
    nodeIP: "hostA hostB hostC",
    localhost: "server sidecar",
    "port 80": "balancer",
    "port 443": "balancer",
  };
  const [from, to, way, tool] = [ROLES, ROLES, WAYS, TOOLS].map((words) => fc.constantFrom(...words)) as [
    fc.Arbitrary<Role>,
    fc.Arbitrary<Role>,
    fc.Arbitrary<Way>,
    fc.Arbitrary<Tool>,
  ];
  const exists = (path: Path) =>
    !path.from.startsWith("dns") &&
    path.from !== "balancer" &&
    reached[path.way].split(" ").includes(path.to) &&
    (path.way !== "localhost" || ["server", "sidecar"].includes(path.from)) &&
    (path.way !== "Service name" || ["server", "sidecar", "same", "other", "third"].includes(path.from)) &&
    (path.tool === "ping" || (path.tool === "dig") === path.to.startsWith("dns")) &&
    (path.way !== "nodeIP" || path.tool === "ping");

  it("parses every path that exists, and throws for every other", () => {
    fc.assert(
      fc.property(fc.record({ from, to, way, tool }), (path) => {
        const text = `${path.from} → ${path.to} by ${path.way} with ${path.tool}`;
        if (exists(path)) expect(parsePath(text)).to.deep.equal(path);
        else expect(() => parsePath(text)).to.throw(UsageError, text);
      }),
      { numRuns: 1000 },
    );
  });
});
