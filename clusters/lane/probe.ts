import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostExec } from "../../lib/host/exec.ts";
import type { LaneParts } from "./build.ts";
import { qemuArgv, CONSOLE, type Accelerator, type MachineOrder } from "./qemu.ts";

/** What a VM runs on, and why not on the faster one. */
export interface Acceleration {
  readonly accelerator: Accelerator;
  /** One line. */
  readonly because: string;
}

/** A kernel on real KVM says so after about a second. One that is emulated below (nested, PVM) needs minutes or never does. */
const WITHIN_MS = 12_000;
const SAID = "lane-probe-ok";

/**
 * Whether this machine's KVM really runs the kernel: a device that opens, and even makes machines, proves nothing (seen: kvm-pvm, which stops in the kernel's first instructions). So
 * the kernel is booted until its initrd speaks. What came of it is kept for this boot of the machine. FAULTLINE_LANE_ACCEL decides without a probe.
 */
export async function acceleration(
  machine: Pick<LaneParts, "qemu" | "vmlinuz" | "initrd" | "disks">,
  cacheDir: string,
): Promise<Acceleration> {
  const asked = process.env["FAULTLINE_LANE_ACCEL"];
  if (asked === "kvm" || asked === "tcg") return { accelerator: asked, because: "FAULTLINE_LANE_ACCEL says so" };
  if (!existsSync("/dev/kvm")) return { accelerator: "tcg", because: "there is no /dev/kvm" };
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const key = createHash("sha256")
    .update(JSON.stringify([bootId, machine.qemu.version, machine.vmlinuz]))
    .digest("hex");
  const path = join(cacheDir, `kvm-${key.slice(0, 16)}`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Acceleration;
  const found = await probeKvm(machine, `${path}.tmp-${process.pid}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify(found), { mode: 0o600 });
  return found;
}

async function probeKvm(
  machine: Pick<LaneParts, "qemu" | "vmlinuz" | "initrd" | "disks">,
  dir: string,
): Promise<Acceleration> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    const order: MachineOrder = {
      ...machine,
      ...{ accelerator: "kvm", cpus: 1, memoryMib: 512, incoming: false, append: ["lane.probe"] },
      disks: { ...machine.disks, throwAway: true },
      memory: { file: join(dir, "memory"), shared: false },
    };
    const result = await hostExec(["setpriv", "--pdeathsig", "KILL", "--", ...qemuArgv(order)], {
      ...{ cwd: dir, timeoutMs: WITHIN_MS },
    });
    const screen = await readFile(join(dir, CONSOLE), "utf8").catch(() => "");
    if (screen.includes(SAID)) return { accelerator: "kvm", because: "KVM runs the kernel" };
    const why = result.timedOut
      ? `it did not boot the kernel within ${WITHIN_MS / 1000} s`
      : (result.stderr.split("\n")[0] ?? "");
    return { accelerator: "tcg", because: `KVM is there but of no use: ${why}` };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
