import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKS } from "../../../clusters/setup/checks.ts";
import { disk } from "../../../clusters/setup/disk.ts";
import { firewall } from "../../../clusters/setup/firewall.ts";
import { kernel } from "../../../clusters/setup/kernel.ts";
import { expectSha256, kind, kindPath, releaseOf } from "../../../clusters/setup/kind.ts";
import { judgeLeftovers } from "../../../clusters/setup/leftovers.ts";
import { ownerLives, ownerOf, parseOwner } from "../../../clusters/setup/ownership.ts";
import { PreflightError } from "../../../lib/errors.ts";
import { fakeContext } from "./fake-context.ts";

describe("kind", () => {
  it("is taken from PATH when it is recent enough, else from our cache", async () => {
    const answers = {
      "/usr/bin/kind": { stdout: "kind v0.20.0 go1.20 linux/amd64" },
      "/cache/faultline/bin/kind": { stdout: "kind v0.30.0 go1.26 linux/amd64" },
    };
    expect(await kindPath(fakeContext({ commands: ["kind"], answers }))).to.equal("/cache/faultline/bin/kind");
    const newer = { "/usr/bin/kind": { stdout: "kind v0.31.0" } };
    const context = fakeContext({ commands: ["kind"], answers: newer });
    expect(await kindPath(context)).to.equal("/usr/bin/kind");
    expect((await kind.find(context)).state).to.equal("warning");
  });

  it("is built by Go where there is Go, else downloaded", async () => {
    const absent = { "/cache": { exitCode: 127 } };
    const built = await kind.find(fakeContext({ commands: ["go"], answers: absent }));
    expect(built.mend?.how).to.equal("GOBIN=/cache/faultline/bin go install sigs.k8s.io/kind@v0.30.0");
    const downloaded = await kind.find(fakeContext({ commands: ["curl"], answers: absent }));
    expect(downloaded.mend?.how).to.include("/v0.30.0/kind-linux-amd64");
    const neither = await kind.find(fakeContext({ answers: absent }));
    expect(neither.mend?.bySelf).to.equal(false);
  });

  it("has no release for a machine without a pinned checksum", () => {
    expect(releaseOf({ platform: "linux", arch: "riscv64" })).to.equal(undefined);
  });

  it("refuses a download that is not the pinned release", async () => {
    const folder = await mkdtemp(join(tmpdir(), "faultline-kind-"));
    try {
      const path = join(folder, "kind");
      await writeFile(path, "not kind");
      const error: unknown = await expectSha256(path, { url: "u", sha256: "0".repeat(64) }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(PreflightError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("leftovers", () => {
  const busy = { name: "faultline-a", ownership: "owner lives" } as const;
  const gone = { name: "faultline-b", ownership: "owner is gone" } as const;
  const foreign = { name: "kind", ownership: "not ours" } as const;

  it("deletes only what is wanted, ours, and without an owner", async () => {
    const deleted: string[] = [];
    const deleteCluster = (name: string): Promise<void> => Promise.resolve(void deleted.push(name));
    const context = fakeContext({ wantedClusters: ["faultline-b"], deleteCluster });
    await judgeLeftovers(context, [busy, gone, foreign]).mend?.run();
    expect(deleted).to.deep.equal(["faultline-b"]);
  });

  it("leaves a running run's cluster and somebody else's to a person", () => {
    for (const { name } of [busy, foreign]) {
      const finding = judgeLeftovers(fakeContext({ wantedClusters: [name, gone.name] }), [busy, gone, foreign]);
      expect(finding.state).to.equal("missing");
      expect(finding.mend?.bySelf).to.equal(false);
    }
  });

  it("only warns of what is in nobody's way", () => {
    expect(judgeLeftovers(fakeContext(), [gone]).state).to.equal("warning");
    expect(judgeLeftovers(fakeContext(), [busy, foreign]).state).to.equal("ok");
  });
});

describe("ownership", () => {
  const boot = "6e5b8c1a-0000-4000-8000-000000000000";
  const machine = (stat: string) =>
    fakeContext({ files: { "/proc/7/stat": stat, "/proc/sys/kernel/random/boot_id": `${boot}\n` } }).readText;
  const stat = (startTicks: number) => `7 (a ) name) S ${"0 ".repeat(18)}${startTicks} 0 0`;

  it("knows a process by its number, its start and the boot", async () => {
    const label = (await ownerOf(machine(stat(555)), 7)) ?? "";
    expect(parseOwner(label)).to.deep.equal({ pid: 7, startTicks: 555, bootId: boot });
    expect(await ownerLives(machine(stat(555)), label)).to.equal(true);
  });

  it("goes by the number alone where that is all the label has", async () => {
    expect(await ownerLives(machine(""), String(process.pid))).to.equal(true);
    expect(await ownerLives(machine(""), "999999999")).to.equal(false);
  });

  it("is not taken in by another process of the same number", async () => {
    expect(await ownerLives(machine(stat(556)), `7/555/${boot}`)).to.equal(false);
    expect(await ownerLives(machine(stat(555)), `8/555/${boot}`)).to.equal(false);
    expect(await ownerLives(machine(stat(555)), "")).to.equal(false);
  });
});

describe("the list of checks", () => {
  it("has ids of its own, in kebab-case, each with its reason", () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { id, what, why } of CHECKS) {
      expect(id).to.match(/^[a-z]+(-[a-z]+)*$/);
      expect(what.length * why.length).to.be.greaterThan(0);
    }
  });

  it("has the runtime before the engine that is started with it", () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(ids.indexOf("bounded-runtime")).to.be.lessThan(ids.indexOf("docker-engine"));
  });

  it("throws on no machine, however bare", async () => {
    for (const platform of ["linux", "darwin"] as const) {
      await Promise.all(CHECKS.map((check) => check.find(fakeContext({ platform, uid: 501 }))));
    }
  });
});

describe("kernel, disk and firewall", () => {
  const release = "/proc/sys/kernel/osrelease";

  it("want a kernel that keeps bridge settings apart by namespace", async () => {
    const old = await kernel.find(fakeContext({ files: { [release]: "4.19.0\n" } }));
    expect(old.mend?.bySelf).to.equal(false);
    const context = fakeContext({ files: { [release]: "6.1.0\n" }, uid: 1000 });
    await (await kernel.find(context)).mend?.run();
    expect(context.ran).to.deep.equal(["sudo -n modprobe br_netfilter"]);
  });

  it("want room in both places", async () => {
    const freeBytes = (path: string) => Promise.resolve(path.startsWith("/cache") ? 1024 ** 3 : 1024 ** 4);
    const finding = await disk.find(fakeContext({ freeBytes }));
    expect(finding.state).to.equal("missing");
    expect(finding.detail).to.equal("1024 GiB at /var/lib/docker, 1 GiB at /cache/faultline");
  });

  it("want the chain that closes a cluster's network", async () => {
    const answers = {
      "docker info": { stdout: '{"ServerVersion":"20.10.24"}' },
      iptables: { exitCode: 4, stderr: "iptables: Permission denied (you must be root)." },
    };
    const finding = await firewall.find(fakeContext({ commands: ["docker", "iptables"], answers, uid: 1000 }));
    expect(finding.detail).to.include("Permission denied");
    expect(finding.mend?.how).to.equal("run this as root");
  });
});
