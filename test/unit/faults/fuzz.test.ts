import { expect } from "chai";
import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { printable } from "../../../lib/exec.ts";
import type { Fault } from "../../../lib/faults/fault.ts";
import type { NodeCommand } from "../../../lib/faults/kind.ts";
import { kindOf, validateFault } from "../../../lib/faults/kinds.ts";
import { guardedArgv } from "../../../lib/faults/run-on-node.ts";
import { GUARD } from "../../../lib/faults/guard-script.ts";
import { fakeNode } from "../../fixtures/faults/fake-node.ts";

/** What somebody might hope to slip through, and values that are right, mixed and glued together. */
const PARTS = [
  "$(id)",
  "`id`",
  ";id",
  "\n",
  "\0",
  "'",
  '"',
  "\\",
  "-x",
  "--",
  "{",
  "}",
  " drop",
  "#",
  "|",
  "&&",
  "../",
  "é",
  "\u2028",
];
const GOOD = [
  "net.ipv4.ip_forward",
  "0",
  "1 2",
  "10.0.0.0/8",
  "fd00::/64",
  "eth0",
  "server",
  "app",
  "prerouting",
  "udp",
  "127.0.0.53",
];
const text = fc.oneof(
  fc.constantFrom(...GOOD),
  fc.array(fc.constantFrom(...PARTS, ...GOOD), { maxLength: 4 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);
const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.double(), text);
const faults: fc.Arbitrary<object> = fc.oneof(
  fc.record({ kind: fc.constant("sysctl"), key: text, value: text }),
  fc.record(
    { kind: fc.constant("drop"), hook: text, protocol: text, destinationPort: port, source: text, destination: text },
    { requiredKeys: ["kind", "hook", "protocol"] },
  ),
  fc.record({ kind: fc.constant("drop"), hook: fc.constant("input"), protocol: fc.constant("tcp"), source: text }),
  fc.record(
    { kind: fc.constant("route"), type: fc.constantFrom("unicast", "blackhole"), to: text, device: text },
    { requiredKeys: ["kind", "type", "to"] },
  ),
  fc.record({ kind: fc.constant("resolv-conf"), nameservers: fc.array(text, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("selector"),
    namespace: text,
    service: text,
    selector: fc.dictionary(text, text, { maxKeys: 2 }),
  }),
);

/** Everything that nft may be told; a value that got out of its place would not fit. */
const NFT_LINE =
  /^ {4}meta l4proto (tcp|udp|\{ icmp, ipv6-icmp \})( ip6? saddr [0-9a-f:.]+\/\d+)?( ip6? daddr [0-9a-f:.]+\/\d+)?( (tcp|udp) dport \d+)? counter drop comment "faultline fuzz1"$/;

function accepted(fault: object): Fault | null {
  try {
    validateFault({ node: "A", fault: fault as Fault });
    return fault as Fault;
  } catch {
    return null;
  }
}

function commandsOf(fault: Fault): readonly NodeCommand[] {
  const kind = kindOf(fault);
  const prior = kind.priorInPlan(fault);
  const steps = [kind.capture(fault), kind.apply(fault, prior, "fuzz1"), kind.readBack(fault, prior, "fuzz1")];
  const all = [...steps, kind.undo(fault, prior, "fuzz1"), kind.verifyUndone(fault, prior, "fuzz1")];
  return all.filter((command) => command !== null);
}

describe("whatever a fault's values are", function () {
  this.timeout(120_000);
  const { target } = fakeNode();
  const scripts = new Set<string>();

  it("they are refused, or stay arguments of constant scripts and words of one nft rule", () => {
    let taken = 0;
    fc.assert(
      fc.property(faults, (candidate) => {
        const fault = accepted(candidate);
        if (fault === null) return;
        taken += 1;
        for (const command of commandsOf(fault)) {
          scripts.add(command.script);
          const argv = guardedArgv(target, command);
          expect(argv.slice(0, 6)).to.deep.equal(["sh", "-c", command.script, "faultline", ...argv.slice(4, 6)]);
          const long = argv.filter((word) => /[\0\n]/.test(word) && word !== command.script);
          if (fault.kind !== "drop") expect(long).to.deep.equal([]);
          for (const rules of long) expect(rules.split("\n")[6]).to.match(NFT_LINE);
        }
      }),
      { numRuns: 20_000 },
    );
    expect(taken).to.be.above(100);
  });

  it("the scripts are few, guarded, and the same for every value", () => {
    // Five steps of five kinds; some kinds share one script between two steps.
    expect(scripts.size).to.be.within(10, 25);
    for (const script of scripts) expect(script.startsWith(GUARD)).to.equal(true);
  });

  it("bash gives a printed command back word by word", () => {
    fc.assert(
      fc.property(
        fc.array(
          text.filter((word) => !word.includes("\0")),
          { minLength: 1 },
        ),
        (words) => {
          const script = `printf '%s\\0' ${printable(words)}`;
          const back = execFileSync("/bin/bash", ["--norc", "-s"], { input: script, encoding: "utf8" }).split("\0");
          expect(back.slice(0, -1)).to.deep.equal(words);
        },
      ),
      { numRuns: 200 },
    );
  });
});
