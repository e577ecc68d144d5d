import { expect } from "chai";
import { hostExec } from "../../../../../lib/host/exec.ts";
import { GUARD, WRONG_PLACE_EXIT } from "../../../../../lib/faults/contract/guard-script.ts";
import { whereIs } from "../../../../../lib/faults/run/target.ts";

/** Here: the guard reads, and what comes after it only prints. */
async function guarded(change: Partial<Awaited<ReturnType<typeof whereIs>>>) {
  const { netnsInode, bootId, initStartTicks } = { ...(await whereIs(hostExec)), ...change };
  const argv = [
    "sh",
    "-c",
    `${GUARD}echo "$# $1"`,
    "faultline",
    netnsInode,
    bootId,
    initStartTicks ?? "",
    "1",
    "its own",
  ];
  const { exitCode, stdout } = await hostExec(argv);
  return { exitCode, stdout };
}

describe("the guard in front of every script", () => {
  it("lets a command through where it was meant for, with its own arguments alone", async () => {
    expect(await guarded({})).to.deep.equal({ exitCode: 0, stdout: "1 its own\n" });
  });

  it("stops it in another network namespace, after a reboot, and in a container that was restarted, as far as that is known", async () => {
    const stopped = { exitCode: WRONG_PLACE_EXIT, stdout: "" };
    expect(await guarded({ netnsInode: "4026530001" })).to.deep.equal(stopped);
    expect(await guarded({ bootId: "00000000-0000-0000-0000-000000000000" })).to.deep.equal(stopped);
    expect(await guarded({ initStartTicks: "" })).to.deep.equal({ exitCode: 0, stdout: "1 its own\n" });
    expect(await guarded({ initStartTicks: "1" })).to.deep.equal(stopped);
  });
});
