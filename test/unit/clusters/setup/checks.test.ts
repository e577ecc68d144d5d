import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKS } from "../../../../clusters/setup/checks.ts";
import { disk } from "../../../../clusters/setup/disk.ts";
import { firewall } from "../../../../clusters/setup/firewall.ts";
import { inotify, mustHaveRoom, limitReached } from "../../../../clusters/setup/inotify.ts";
import { kernel } from "../../../../clusters/setup/kernel.ts";
import { expectSha256, kind, kindPath, releaseOf } from "../../../../clusters/setup/kind.ts";
import { leftovers } from "../../../../clusters/setup/leftovers.ts";
import { ownerLives, ownerOf, ownerState, ownMark, parseOwner } from "../../../../clusters/ownership/owner.ts";
import { PreflightError } from "../../../../lib/host/errors.ts";
import { fakeContext } from "./fake-context.ts";

describe("kind", () => {
  it("is used from PATH when it is recent enough, else from our cache", async () => {
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

  it("is built where Go is installed, else downloaded", async () => {
    const absent = { "/cache": { exitCode: 127 } };
    const built = await kind.find(fakeContext({ commands: ["go"], answers: absent }));
    expect(built.fix?.how).to.equal("GOBIN=/cache/faultline/bin go install sigs.k8s.io/kind@v0.30.0");
    const downloaded = await kind.find(fakeContext({ commands: ["curl"], answers: absent }));
    expect(downloaded.fix?.how).to.include("/v0.30.0/kind-linux-amd64");
    const neither = await kind.find(fakeContext({ answers: absent }));
    expect(neither.fix?.bySelf).to.equal(false);
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

const BOOT = "6e5b8c1a-0000-4000-8000-000000000000";
const statOf = (startTicks: number, state = "S") => `7 (a ) name) ${state} ${"0 ".repeat(18)}${startTicks} 0 0`;

describe("leftovers", () => {
  it("gives a warning for clusters whose owner is gone, not for a running or unseen owner", async () => {
    const line = (name: string, owner: string) => ["id", "when", name, owner, "/runs/x"].join("\t");
    const files = { "/proc/7/stat": statOf(555), "/proc/sys/kernel/random/boot_id": `${BOOT}\n` };
    const find = (...lines: readonly string[]) =>
      leftovers.find(
        fakeContext({ commands: ["docker"], files, answers: { "docker network ls": { stdout: lines.join("\n") } } }),
      );
    const busy = line("faultline-busy", `7/555/${BOOT}`);
    const elsewhere = line("faultline-elsewhere", `7/555/${BOOT}/1`);
    expect(await find(busy, elsewhere)).to.include({ state: "ok" });
    const finding = await find(busy, line("faultline-gone", `7/554/${BOOT}`), elsewhere);
    expect(finding.state).to.equal("warning");
    expect(finding.detail).to.match(/runs: faultline-gone \(/);
  });
});

describe("ownership", () => {
  const boot = BOOT;
  const stat = statOf;
  const machine = (stat: string) =>
    fakeContext({ files: { "/proc/7/stat": stat, "/proc/sys/kernel/random/boot_id": `${boot}\n` } }).readText;

  it("identifies a process by number, start time, boot and pid namespace", async () => {
    const mark = (await ownerOf(machine(stat(555)), 7, "4026531836")) ?? "";
    const owner = { pid: 7, startTicks: 555, bootId: boot, pidNamespace: "4026531836" };
    expect(parseOwner(mark)).to.deep.equal(owner);
    expect(await ownerState(machine(stat(555)), mark, "4026531836")).to.equal("lives");
    expect(await ownerState(machine(stat(556)), mark, "4026531836")).to.equal("gone");
    expect(await ownerState(machine(stat(555, "Z")), mark, "4026531836"), "a zombie").to.equal("gone");
  });

  it("is unseen for an owner in another pid namespace, unless the machine has rebooted since", async () => {
    const mark = `7/555/${boot}/4026532999`;
    expect(await ownerState(machine(stat(555)), mark, "4026531836")).to.equal("unseen");
    expect(await ownerState(machine(stat(1)), mark, "4026531836")).to.equal("unseen");
    expect(await ownerState(machine(stat(555)), mark.replace("6e5b", "0000"), "4026531836")).to.equal("gone");
    expect(await ownerState(machine(stat(555)), "a mark of a later version", "4026531836")).to.equal("unseen");
  });

  it("recognises this process by its own mark", async () => {
    const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);
    const mark = await ownMark(readText);
    expect(parseOwner(mark)).to.include({ pid: process.pid });
    expect(parseOwner(mark)?.pidNamespace).to.match(/^\d+$/);
    expect(await ownerState(readText, mark)).to.equal("lives");
  });

  it("reads an older mark without the pid namespace", async () => {
    expect(parseOwner(`7/555/${boot}`)?.pidNamespace).to.equal(null);
    expect(await ownerState(machine(stat(555)), `7/555/${boot}`, "4026531836")).to.equal("lives");
  });

  it("compares only the number where the label has nothing else", async () => {
    expect(await ownerLives(machine(""), String(process.pid))).to.equal(true);
    expect(await ownerLives(machine(""), "999999999")).to.equal(false);
  });

  it("is not misled by another process of the same number", async () => {
    expect(await ownerLives(machine(stat(556)), `7/555/${boot}`)).to.equal(false);
    expect(await ownerLives(machine(stat(555)), `8/555/${boot}`)).to.equal(false);
    expect(await ownerLives(machine(stat(555)), "")).to.equal(false);
  });
});

describe("the list of checks", () => {
  it("has unique ids in kebab-case, each with its reason", () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { id, what, why } of CHECKS) {
      expect(id).to.match(/^[a-z]+(-[a-z]+)*$/);
      expect(what.length * why.length).to.be.greaterThan(0);
    }
  });

  it("has the runtime before the engine that starts with it", () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(ids.indexOf("bounded-runtime")).to.be.lessThan(ids.indexOf("docker-engine"));
  });

  it("never throws, even on a bare machine", async () => {
    for (const platform of ["linux", "darwin"] as const) {
      await Promise.all(CHECKS.map((check) => check.find(fakeContext({ platform, uid: 501 }))));
    }
  });
});

describe("kernel, inotify, disk and firewall", () => {
  const release = "/proc/sys/kernel/osrelease";

  it("require a kernel with bridge settings per namespace", async () => {
    const old = await kernel.find(fakeContext({ files: { [release]: "4.19.0\n" } }));
    expect(old.fix?.bySelf).to.equal(false);
    const context = fakeContext({ files: { [release]: "6.1.0\n" }, uid: 1000, commands: ["modprobe"] });
    await (await kernel.find(context)).fix?.run();
    expect(context.ran).to.deep.equal(["sudo -n modprobe br_netfilter"]);
  });

  it("require kmod where modprobe is missing, or a person where it cannot be installed", async () => {
    const bare = await kernel.find(fakeContext({ files: { [release]: "6.1.0\n" } }));
    expect(bare.detail).to.match(/modprobe not found$/);
    expect(bare.fix).to.include({ bySelf: false, how: "install kmod with this system's package manager" });
    const debian = { [release]: "6.1.0\n", "/etc/os-release": "ID=debian\n" };
    const context = fakeContext({ files: debian, commands: ["apt-get"] });
    await (await kernel.find(context)).fix?.run();
    expect(context.ran.at(-2)).to.match(/apt-get .*install -y kmod$/);
    expect(context.ran.at(-1)).to.equal("modprobe br_netfilter");
  });

  it("require inotify instances for one more cluster", async () => {
    const using = (used: number) => {
      const stdout = Array.from({ length: used }, (_, index) => `/proc/${index}/fd/5\n`).join("");
      const files = { "/proc/sys/fs/inotify/max_user_instances": "128\n" };
      return fakeContext({ files, answers: { find: { stdout, exitCode: 1 } } });
    };
    const detail = "3 of 128 inotify instances in use: room for 5 more clusters";
    expect(await inotify.find(using(3))).to.deep.equal({ state: "ok", detail });
    expect((await inotify.find(using(107))).detail).to.match(/room for 1 more cluster$/);
    await mustHaveRoom(using(107), 0, 2);
    await mustHaveRoom(using(96), 0, 3);
    const third: unknown = await mustHaveRoom(using(97), 0, 3).catch((reason: unknown) => reason);
    expect(third, "a third node counts").to.be.instanceOf(PreflightError);
    expect((await inotify.find(using(108))).state).to.equal("warning");
    const refused: unknown = await mustHaveRoom(using(108), 0, 2).catch((reason: unknown) => reason);
    expect(refused).to.be.instanceOf(PreflightError).with.property("message").that.includes("108 of 128");
    await mustHaveRoom(using(3), 8, 2);
    const sixth: unknown = await mustHaveRoom(using(3), 10, 2).catch((reason: unknown) => reason);
    expect(sixth, "five that have taken nothing yet").to.be.instanceOf(PreflightError);
    expect((sixth as PreflightError).message).to.match(/3 of 128 .*, 10 nodes of other clusters running or/);
    expect(await limitReached(using(127))).to.equal("");
    expect(await limitReached(using(128))).to.match(/^128 of 128 inotify instances in use: delete/);
    await mustHaveRoom(fakeContext(), 99, 2);
    expect((await inotify.find(fakeContext())).state, "where there is no such limit").to.equal("ok");
  });

  it("require free disk for Docker and for our cache", async () => {
    const freeBytes = (path: string) => Promise.resolve(path.startsWith("/cache") ? 1024 ** 3 : 1024 ** 4);
    const finding = await disk.find(fakeContext({ freeBytes }));
    expect(finding.state).to.equal("missing");
    expect(finding.detail).to.equal("1024 GiB at /var/lib/docker, 1 GiB at /cache/faultline");
  });

  it("require the chain that closes a cluster's network", async () => {
    const answers = {
      "docker info": { stdout: '{"ServerVersion":"20.10.24"}' },
      iptables: { exitCode: 4, stderr: "iptables: Permission denied (you must be root)." },
    };
    const finding = await firewall.find(fakeContext({ commands: ["docker", "iptables"], answers, uid: 1000 }));
    expect(finding.detail).to.include("Permission denied");
    expect(finding.fix?.how).to.equal("run this as root");
  });
});
