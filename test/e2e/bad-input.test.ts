import { expect } from "chai";
import { faultline, type CommandOutcome } from "./command-line.ts";

/** What every refusal has: the right code, what is wrong, what to do next, and no stack trace. */
function expectRefusal(outcome: CommandOutcome, code: number, ...words: readonly RegExp[]): void {
  expect(outcome.code, outcome.stderr).to.equal(code);
  for (const word of words) expect(outcome.stderr).to.match(word);
  expect(outcome.stderr).not.to.match(/^\s+at .+:\d+:\d+/m);
}

describe("bad input", function () {
  const cases = [
    [
      "an unknown cell",
      ["run", "--cell", "flanel/iptables"],
      /cell "flanel\/iptables": CNI "flanel" is not known; the nearest is flannel@/,
    ],
    ["an unknown proxy mode", ["run", "--cell", "flannel/ebpf"], /kube-proxy mode "ebpf" is not known/],
    ["a cell that cannot be", ["run", "--cell", "flannel/none"], /unavailable: flannel does not replace kube-proxy/],
    [
      "an unknown scenario",
      ["run", "services/no-endpoint"],
      /no suite matches "services\/no-endpoint"; the nearest is services\/no-endpoints/,
    ],
    ["an unknown flag", ["run", "--cells", "x"], /unknown option '--cells'/],
    ["an unknown command", ["rnu"], /unknown command 'rnu'/],
    ["a value that is no choice", ["run", "--keep", "sometimes"], /Allowed choices are never, failure, always/],
    ["an unknown cluster", ["run", "--cluster", "nobody"], /cluster "nobody" was not made by a run of this checkout/],
    ["an unknown run", ["report", "nobody"], /run "nobody" is not known/],
    ["an unknown run to heal", ["heal", "--run", "nobody"], /run "nobody" is not known/],
    ["an unknown layer", ["test", "--only", "e3e"], /layer "e3e" is not known/],
    ["nothing to explain", ["explain", "nobody"], /no suite matches "nobody"/],
  ] as const;

  for (const [what, args, message] of cases) {
    it(`${what}: exit 3, what is wrong, the next step`, async function () {
      expectRefusal(await faultline(args), 3, message, /next:|see \.\/faultline --help/);
    });
  }

  it("no Docker: exit 4, and the command that fixes it", async function () {
    const nowhere = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
    expectRefusal(await faultline(["run"], nowhere), 4, /docker-engine/, /run: /, /next: /);
  });

  it("--help and each command's --help: exit 0", async function () {
    for (const command of [[], ["run"], ["test"], ["plan"], ["heal"], ["gc"], ["report"]]) {
      const { code, stdout } = await faultline([...command, "--help"]);
      expect(code).to.equal(0);
      expect(stdout).to.match(/Usage: faultline/);
    }
  });
});
