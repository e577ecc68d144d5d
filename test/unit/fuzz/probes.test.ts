import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { attemptsFor } from "../../../lib/probes/attempts.ts";
import type { Whereabouts } from "../../../lib/model/cluster.ts";
import { UndecidedError, UsageError } from "../../../lib/host/errors.ts";
import { hostExec } from "../../../lib/host/exec.ts";
import { parsePath, ROLES, TOOLS, WAYS } from "../../../lib/model/path.ts";
import { parseFrames } from "../../../lib/probes/frames.ts";
import type { Attempt } from "../../../lib/probes/probe.ts";
import { attemptArgv, requestWords } from "../../../lib/probes/request.ts";
import { PROBER } from "../../../lib/probes/round.ts";
import { WHERE } from "../sample-cluster.ts";
import { hostile, PAYLOADS, SEED, somethingWasExecuted, STRINGS } from "./hostile.ts";
import { expectArrival } from "./real-process.ts";

/** A path for each tool and each kind of address. */
const PATHS = [
  "same → server by podIP",
  "same → server by ClusterIP",
  "same → server by Service name",
  "outside → server by NodePort",
  "same → dns by ClusterIP",
  "hostA → hostB by nodeIP with ping",
] as const;

/** The cluster as somebody's API and cluster.json might give it: hostile texts where addresses and numbers belong. */
const wheres: fc.Arbitrary<Whereabouts> = fc
  .tuple(hostile("10.244.1.3", "fd00::1", "1"), fc.integer({ min: 0, max: 6 }))
  .map(([text, where]) => {
    const value = (index: number, usual: unknown) => (index === where ? text : usual) as never;
    const { cluster, pods } = WHERE;
    const nodeIps = { A: value(0, "172.18.0.3"), B: value(0, "172.18.0.2") };
    const serviceIps = { server: value(1, "10.96.0.7"), dns: value(2, "10.96.0.10") };
    const server = { name: value(3, "server"), ip: value(4, "10.244.1.3"), pid: 103 };
    const same = { name: "same", ip: "10.244.1.2", pid: value(5, 102) };
    return {
      cluster: { ...cluster, nodeIps, serviceIps, nodePort: value(6, 31_234) },
      pods: { ...pods, server, same },
    };
  });

/** The attempts of a request as the prober cuts them out of it: `PID RESOLV BOUND ON WATCH COUNT ARGV… COUNT ARGV…`. */
function unframed(
  words: readonly string[],
): readonly { readonly argv: readonly string[]; readonly follow: readonly string[] }[] {
  const found = [];
  for (let at = 1; at < words.length;) {
    const argv = words.slice(at + 6, at + 6 + Number(words[at + 5]));
    at += 6 + argv.length;
    const follow = words.slice(at + 1, at + 1 + Number(words[at]));
    at += 1 + follow.length;
    found.push({ argv, follow });
  }
  return found;
}

/** Where the attempt's own value must stand, whole. */
function carries(attempt: Attempt, argv: readonly string[]): boolean {
  const after = (flag: string) => argv[argv.indexOf(flag) + 1];
  if (attempt.tool === "curl") return after("--url") === attempt.url && argv.length === 17;
  if (attempt.tool === "ping") return after("--") === attempt.address && argv.at(-1) === attempt.address;
  return argv.includes(`@${attempt.server}`) && after("-q") === attempt.name;
}

/** Stands for curl, dig, ping and perl: prints its arguments, and ends as what makes the prober ask again. */
const FAKE = `#!/bin/bash
printf '%s\\0' "\${0##*/}" "$@"
case "$0" in */curl) exit 6 ;; */dig) exit 9 ;; esac
`;

describe(`whatever is to be probed (seed ${SEED})`, function () {
  this.timeout(60_000);
  const requests: (readonly Attempt[])[] = [];
  const words = new Set<string>();
  const tools = mkdtempSync(join(tmpdir(), "faultline-fuzz-tools-"));

  before(() => {
    mkdirSync(join(tools, "bin"));
    for (const name of ["curl", "dig", "ping", "perl"]) {
      writeFileSync(join(tools, "bin", name), FAKE);
      chmodSync(join(tools, "bin", name), 0o755);
    }
  });
  after(() => rmSync(tools, { recursive: true, force: true }));

  it("a path is refused, or is made of roles, ways and tools that we know", () => {
    const texts = hostile(...PATHS, ...ROLES, ...WAYS, " → ", " by ", " with ping");
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const path = parsePath(text);
          expect([
            ROLES.includes(path.from),
            ROLES.includes(path.to),
            WAYS.includes(path.way),
            TOOLS.includes(path.tool),
          ]).to.not.include(false);
        } catch (error) {
          expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes("path");
        }
      }),
      { numRuns: STRINGS.probes / 2, seed: SEED },
    );
  });

  it("an address is refused with an error that names it, or stays one word of the request", () => {
    const check = ([where, path]: readonly [Whereabouts, string]): void => {
      const attempts = attemptsFor(where, path, { flows: 1 });
      try {
        const request = requestWords(attempts);
        const [only] = unframed(request);
        expect(unframed(request)).to.have.lengthOf(1);
        expect(only?.argv).to.deep.equal(attempts.flatMap(attemptArgv));
        for (const attempt of attempts)
          expect(carries(attempt, only?.argv ?? []), JSON.stringify(attempt)).to.equal(true);
        for (const word of request) words.add(word);
        requests.push(attempts);
      } catch (error) {
        if (!(error instanceof UndecidedError)) throw error;
        expect(error.message).to.match(/^probe ".*": (url|server|address|name|expectAnswer|netnsPid|resolvConfPid) /);
      }
    };
    fc.assert(fc.property(fc.tuple(wheres, fc.constantFrom(...PATHS)), check), {
      numRuns: STRINGS.probes / 2,
      seed: SEED,
    });
  });

  it("those words arrive in a real process as they are", async () => {
    expect(words.size).to.be.above(1000);
    await expectArrival([...words].filter((word) => word.length < 50_000));
  });

  it("the prober hands them to its tools as they are, and to what it asks afterwards; nothing is executed", async () => {
    const dig = { tool: "dig", type: "A", transport: "udp", timeoutMs: 100, path: "p", netnsPid: 1 } as const;
    const ping = { tool: "ping", count: 1, intervalMs: 100, timeoutMs: 100, path: "p", netnsPid: 1 } as const;
    const own = PAYLOADS.flatMap((text): Attempt[] => [
      { ...dig, id: "d", server: text, name: text },
      { ...ping, id: "p", address: text },
    ]);
    const few = fc.sample(fc.constantFrom(...requests.flat()), { numRuns: 30, seed: SEED });
    const attempts = [...own, ...few]
      .filter((one) => JSON.stringify(one).length < 2000)
      .map((one) => ({ ...one, netnsPid: 1, resolvConfPid: 1 }));
    // The real perl for the prober, ours for what it starts.
    const argv = ["/usr/bin/perl", "-e", PROBER, "fl-fuzz", ...requestWords(attempts)];
    const { stdout, stderr } = await hostExec(argv, { env: { PATH: `${tools}/bin:/usr/bin:/bin` } });
    const { records, close } = parseFrames(stdout, "fl-fuzz");
    expect(close?.count, stderr).to.equal(attempts.length);
    unframed(requestWords(attempts)).forEach(({ argv: [tool, ...args], follow }, index) => {
      expect(records.get(index)?.stdout.split("\0")).to.deep.equal([tool, ...args, ""]);
      const again = records.get(index)?.stderr.split("\nprober: asked again\n")[1]?.split("\0") ?? [];
      // perl gets the look-up's text first, then the words.
      expect(again.slice(-follow.length, -1)).to.deep.equal(follow.slice(1));
    });
    expect(somethingWasExecuted()).to.equal(false);
  });
});
