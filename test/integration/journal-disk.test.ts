import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../lib/host/errors.ts";
import { hostExec, type ExecResult } from "../../lib/host/exec.ts";
import type { Fault } from "../../lib/faults/registry.ts";
import { differences, makeLane, ONE_OF_EACH, TEN, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leftOn } from "../fixtures/faults/node-state.ts";

const VICTIM = fileURLToPath(new URL("../fixtures/faults/inject-and-heal.ts", import.meta.url));

/**
 * Constant, for a mount namespace of its own. $1: mount point of a disk of 1 MB. $2: action before the first command;
 * $3: action after it. $4: bytes that `fill` leaves free, in pages of 4 KiB. $5…: the first command up to an argument
 * `then`, followed by the second.
 */
const ON_DISK = `set -eu
disk=$1 before=$2 after=$3 left=$4
shift 4
mount -t tmpfs -o size=1m tmpfs "$disk"
fill() {
  head -c "$left" /dev/zero >"$disk/room"
  cat /dev/zero >"$disk/filler" 2>/dev/null || :
  rm "$disk/room"
}
read_only() { mount -o remount,ro "$disk"; }
nothing() { :; }
"$before"
first=$1 rest=$2
shift 2
if [ -n "$rest" ]; then
  "$@" "$first"
  "$after"
  exec "$@" "$rest"
fi
exec "$@" "$first"`;

type Change = "fill" | "read_only" | "nothing";

describe("a journal's disk", function () {
  this.timeout(120_000);
  let lane: SweepLane;
  const disk = mkdtempSync(join(tmpdir(), "faultline-disk-"));

  before(async () => {
    lane = await makeLane();
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
    rmSync(disk, { recursive: true });
  });

  const onDisk = (
    faults: readonly Fault[],
    {
      before = "nothing",
      after = "nothing",
      left = 0,
      first = "both",
      rest = "",
    }: {
      readonly before?: Change;
      readonly after?: Change;
      readonly left?: number;
      readonly first?: string;
      readonly rest?: string;
    },
  ): Promise<ExecResult> => {
    const victim = [
      process.execPath,
      VICTIM,
      lane.node.name,
      join(disk, "cell", "journal.ndjson"),
      JSON.stringify(faults),
    ];
    const args = [disk, before, after, String(left), first, rest];
    return hostExec(["unshare", "--mount", "sh", "-c", ON_DISK, "on-disk", ...args, ...victim], { timeoutMs: 60_000 });
  };

  const CASES = [
    ["full", "fill", /^journal .*journal\.ndjson could not be written: ENOSPC/],
    ["read-only", "read_only", /^journal .*journal\.ndjson could not be written: EROFS: read-only file system/],
  ] as const;
  for (const [what, before, message] of CASES) {
    it(`is ${what}: the fault is not applied, exit 2, the reason`, async () => {
      const { exitCode, stderr } = await onDisk(ONE_OF_EACH, { before });
      expect(stderr).to.match(message);
      expect(exitCode).to.equal(EXIT.undecided);
      expect(await differences(lane)).to.deep.equal([]);
      expect(leftOn(lane.inode), "nothing was ever armed or undone").to.deep.equal({
        armed: [],
        fired: [],
        undone: [],
        deadMen: [],
      });
    });
  }

  it("fills up under way: what was applied is undone, exit 2, the reason", async () => {
    const { exitCode, stdout, stderr } = await onDisk(TEN, { before: "fill", left: 4096 });
    expect(stderr).to.match(/^journal .*could not be written: (ENOSPC|only \d+ of \d+ bytes went in)/);
    expect(exitCode).to.equal(EXIT.undecided);
    expect(stdout).to.match(/^[1-9] in force\n$/);
    expect(await differences(lane)).to.deep.equal([]);
    expect(leftOn(lane.inode).armed).to.deep.equal([]);
  });

  for (const [what, after] of CASES) {
    it(`is ${what} when a later process heals: everything is undone all the same`, async () => {
      const { exitCode, stderr } = await onDisk(TEN, { first: "inject", after, rest: "heal" });
      expect(exitCode, stderr).to.equal(EXIT.ok);
      expect(await differences(lane)).to.deep.equal([]);
      expect(leftOn(lane.inode).armed).to.deep.equal([]);
    });
  }

  it("with room enough is no trouble", async () => {
    const { exitCode, stderr } = await onDisk(TEN, {});
    expect(exitCode, stderr).to.equal(EXIT.ok);
  });
});
