import { expect } from "chai";
import { missingCapabilities, parseBoundingSet } from "../../../../clusters/setup/capabilities.ts";
import { cgroupMode } from "../../../../clusters/setup/cgroup.ts";
import { isDebianLike } from "../../../../clusters/setup/distribution.ts";
import { cacheDir } from "../../../../clusters/ownership/cache-dir.ts";
import { availableBytes } from "../../../../clusters/setup/memory.ts";
import { compareVersions, parseVersion } from "../../../../clusters/setup/version.ts";
import { BOUNDED_STATUS, FULL_STATUS } from "./fake-context.ts";

describe("facts of the host", () => {
  it("name the capability that a bounding set lacks", () => {
    const set = parseBoundingSet(BOUNDED_STATUS) ?? 0n;
    expect(missingCapabilities(set, 40)).to.deep.equal(["CAP_SYS_RESOURCE"]);
  });

  it("name no missing capability for a full set", () => {
    expect(missingCapabilities(parseBoundingSet(FULL_STATUS) ?? 0n, 40)).to.deep.equal([]);
  });

  it("do not count capabilities that the kernel lacks", () => {
    expect(missingCapabilities(0x3f_ffff_ffffn, 37)).to.deep.equal([]);
    expect(missingCapabilities(0x3f_ffff_ffffn, 40)).to.deep.equal([
      "CAP_PERFMON",
      "CAP_BPF",
      "CAP_CHECKPOINT_RESTORE",
    ]);
  });

  it("have no bounding set for a text without one", () => {
    expect(parseBoundingSet("Name:\tbash\n")).to.equal(undefined);
  });

  for (const [text, version] of [
    ["kind v0.30.0 go1.26.8 linux/amd64", [0, 30, 0]],
    ["go version go1.24 linux/amd64", [1, 24, 0]],
    ["20.10.24+dfsg1", [20, 10, 24]],
    ["6.18.44-fc-v595", [6, 18, 44]],
    ["unknown", undefined],
  ] as const) {
    it(`include the version in ${JSON.stringify(text)}`, () => {
      expect(parseVersion(text)).to.deep.equal(version);
    });
  }

  it("compare versions by number, not by letter", () => {
    expect(compareVersions([0, 9, 0], [0, 30, 0])).to.be.lessThan(0);
    expect(compareVersions([1, 0, 0], [0, 30, 0])).to.be.greaterThan(0);
    expect(compareVersions([5, 3, 0], [5, 3, 0])).to.equal(0);
  });

  it("distinguish the cgroup modes", () => {
    const v1 = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n";
    const v2 = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
    expect(cgroupMode(v1 + v2)).to.equal("v1 hybrid");
    expect(cgroupMode(v1)).to.equal("v1");
    expect(cgroupMode(v2)).to.equal("v2");
    expect(cgroupMode(undefined)).to.equal("none");
  });

  it("recognise Debian and its derivatives, and no other distribution", () => {
    expect(isDebianLike('NAME="Debian"\nID=debian\n')).to.equal(true);
    expect(isDebianLike('ID=ubuntu\nID_LIKE="debian"\n')).to.equal(true);
    expect(isDebianLike("ID=pop\nID_LIKE='ubuntu debian'\n")).to.equal(true);
    expect(isDebianLike('ID=fedora\nNAME="debian-ish"\n')).to.equal(false);
    expect(isDebianLike("")).to.equal(false);
  });

  it("include the available memory in bytes", () => {
    expect(availableBytes("MemTotal:  9 kB\nMemAvailable:    2048 kB\n")).to.equal(2_097_152);
    expect(availableBytes("MemTotal: 9 kB\n")).to.equal(undefined);
  });

  it("ignore a relative XDG_CACHE_HOME", () => {
    expect(cacheDir({ XDG_CACHE_HOME: "/var/cache/me" })).to.equal("/var/cache/me/faultline");
    expect(cacheDir({ XDG_CACHE_HOME: "cache" })).to.match(/\/\.cache\/faultline$/);
  });
});
