import { join } from "node:path";
import type { CheckContext } from "../setup/check.ts";
import { qemuIsRecent } from "./qemu-version.ts";
import type { Qemu } from "./qemu.ts";

const BINARY = "qemu-system-x86_64";
const IMAGE = "qemu-img";

type Machine = Pick<CheckContext, "exec" | "which">;

/** This machine's own QEMU, whatever its version; undefined when there is none. */
export async function ownQemu({ exec, which }: Machine): Promise<Qemu | undefined> {
  const [binary, image] = await Promise.all([which(BINARY), which(IMAGE)]);
  if (binary === undefined || image === undefined) return undefined;
  return { binary, image, dataDirs: [], version: await versionOf(exec, binary) };
}

/** Whether it does for us. */
export function willDo(qemu: Qemu): boolean {
  return qemuIsRecent(qemu.version);
}

/** The QEMU that a step has unpacked in `tree`: it needs the libraries and the firmware of this machine's older one. */
export async function unpackedQemu({ exec }: Pick<Machine, "exec">, tree: string): Promise<Qemu> {
  const binary = join(tree, "usr/bin", BINARY);
  const dataDirs = [join(tree, "usr/share/qemu"), "/usr/share/seabios"];
  return { binary, image: join(tree, "usr/bin", IMAGE), dataDirs, version: await versionOf(exec, binary) };
}

async function versionOf(exec: Machine["exec"], binary: string): Promise<string> {
  const { stdout } = await exec([binary, "--version"], { timeoutMs: 10_000 });
  return stdout.split("\n")[0] ?? "";
}
