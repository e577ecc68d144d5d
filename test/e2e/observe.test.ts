import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Observed } from "../../lib/baseline/observation.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { faultline, launch, mustEnd } from "./command-line.ts";
import { sharedCluster, type SharedCluster } from "./shared.ts";

interface Seen {
  readonly code: number | null;
  readonly said: string;
  readonly observed: Observed;
}

describe("a cluster that somebody else breaks", function () {
  let cluster: SharedCluster;

  before("a healthy cluster: its baseline was recorded as it became ready, and is once more now", async function () {
    cluster = await sharedCluster();
    const { stdout, stderr } = cluster.outcome;
    expect(stderr + stdout).to.match(/baseline recorded: \d\d paths, 2 nodes/);
    // Suites have run on it since: pods of CoreDNS were replaced, and with them their devices.
    mustEnd(await faultline(["observe", cluster.name, "--record"]));
  });

  async function observe(...options: readonly string[]): Promise<Seen> {
    const { code, stdout, stderr } = await faultline(["observe", cluster.name, ...options]);
    const path = stdout.trim().split("\n").at(-1) ?? "";
    const said = stdout + stderr;
    expect(path, said).to.match(/observation\.json$/);
    return { code, said, observed: JSON.parse(readFileSync(path, "utf8")) as Observed };
  }

  const differing = ({ observed }: Seen): readonly string[] =>
    observed.paths.filter(({ finding }) => finding === "differs").map(({ path }) => path);
  const kubectl = (...argv: readonly string[]) =>
    cluster.onNode("B", ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", ...argv]);

  /** Only what was broken here may be seen: whatever is not put back would be seen by the next test. */
  async function whileBroken(act: readonly string[], undo: readonly string[]): Promise<Seen> {
    await cluster.onNode("A", act);
    try {
      return await observe();
    } finally {
      await cluster.onNode("A", undo);
    }
  }

  it("healthy: exit 0, every path as recorded, and nothing of the nodes is different", async function () {
    const seen = await observe("--strict");
    expect(seen.code, seen.said).to.equal(0);
    expect(seen.observed.outcome).to.equal("as-recorded");
    expect(seen.observed.paths.length).to.be.greaterThan(15);
    expect(seen.observed.explanations).to.deep.equal([]);
  });

  it("in a way of the catalogue: exit 1, by its name, with its fix", async function () {
    const key = "net.bridge.bridge-nf-call-iptables";
    const seen = await whileBroken(["sysctl", "-qw", `${key}=0`], ["sysctl", "-qw", `${key}=1`]);
    expect(seen.code, seen.said).to.equal(1);
    expect(differing(seen), seen.said).to.include("same → server by ClusterIP");
    expect(differing(seen), seen.said).not.to.include("same → server by podIP");
    const [first] = seen.observed.explanations;
    expect(first?.confidence, seen.said).to.equal("proven");
    expect(first?.cause).to.match(/^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\)/);
  });

  it("by a wrong server that answers 200: exit 1, and who answered", async function () {
    const pointAt = (role: string) =>
      kubectl("-n", "faultline", "patch", "service", "server", "-p", JSON.stringify({ spec: { selector: { role } } }));
    const pointsAt = (role: string) =>
      waitFor(
        `the Service to point at ${role}`,
        async () => {
          const rules = await cluster.onNode("A", ["iptables-save", "-t", "nat"]);
          const [ip] = (await kubectl("-n", "faultline", "get", "pod", role, "-o", "jsonpath={.status.podIP}")).split(
            "\n",
          );
          if (!rules.includes(`--to-destination ${ip}:8080`)) throw new Error("not yet");
        },
        { budgetMs: 20_000, intervalMs: 300 },
      );
    let seen: Seen;
    try {
      await pointAt("same");
      await pointsAt("same");
      seen = await observe();
    } finally {
      await pointAt("server");
      await pointsAt("server");
    }
    expect(seen.code, seen.said).to.equal(1);
    const path = seen.observed.paths.find((one) => one.path === "other → server by ClusterIP");
    expect(path?.symptoms, seen.said).to.deep.equal({ "wrong-server": 3 });
    expect(path?.detail).to.contain("answer from same/same");
    expect(differing(seen)).not.to.include("other → server by podIP");
    expect(
      seen.observed.explanations.every(({ cause }) => /answered/.test(cause)),
      seen.said,
    ).to.equal(true);
  });

  it("in a way that nobody knows: exit 1, and no explanation rather than another's name", async function () {
    const { pod, prefix } = await inThePod();
    const enter = ["nsenter", "-t", pod, "-n", "ip", "route"];
    const seen = await whileBroken([...enter, "add", "blackhole", prefix], [...enter, "del", "blackhole", prefix]);
    expect(seen.code, seen.said).to.equal(1);
    expect(differing(seen), seen.said).to.include("other → server by podIP");
    expect(differing(seen), seen.said).not.to.include("same → server by podIP");
    expect(seen.observed.explanations.map(({ confidence }) => confidence)).to.include("found-nothing");
    expect(
      seen.observed.explanations.some(({ confidence }) => confidence === "proven"),
      seen.said,
    ).to.equal(false);
    expect(seen.said).to.match(/no explanation found/);
    expect(seen.said).to.match(/^ {2}pod server new: blackhole/m);
  });

  /** A process in the server's network namespace, as node A sees it, and where the other node's pods are. */
  async function inThePod(): Promise<{ readonly pod: string; readonly prefix: string }> {
    const ipOf = (role: string) => kubectl("-n", "faultline", "get", "pod", role, "-o", "jsonpath={.status.podIP}");
    const script = `for pid in $(ls /proc | grep -E "^[0-9]+$"); do
  nsenter -t "$pid" -n ip -o address 2>/dev/null | grep -qF " $1/" && echo "$pid" && exit
done`;
    const pod = (await cluster.onNode("A", ["bash", "-c", script, "find", (await ipOf("server")).trim()])).trim();
    return { pod, prefix: (await ipOf("other")).trim().replace(/\d+$/, "0/25") };
  }

  it("Ctrl-C: exit 130, and no capture goes on", async function () {
    const { child, outcome } = launch(["observe", cluster.name]);
    await waitFor("a capture", () => cluster.onNode("A", ["pgrep", "tcpdump"]), { budgetMs: 30_000, intervalMs: 50 });
    child.kill("SIGINT");
    const { code, stderr } = await outcome;
    expect(code, stderr).to.equal(130);
    const left = await cluster.onNode("A", ["sh", "-c", "pgrep tcpdump || true; ls /run/faultline/evidence"]);
    expect(left.trim()).to.equal("");
  });

  it("and put back: exit 0", async function () {
    const seen = await observe("--strict");
    expect(seen.code, seen.said).to.equal(0);
  });
});
