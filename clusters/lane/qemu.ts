/** A virtual machine as data, and QEMU's arguments for it. */

export type Accelerator = "kvm" | "tcg";

/** A QEMU: this machine's own, or one unpacked in our cache. */
export interface Qemu {
  readonly binary: string;
  readonly image: string;
  /** Where it finds its firmware, beside what it knows itself. */
  readonly dataDirs: readonly string[];
  /** The first line of `--version`. */
  readonly version: string;
}

/** What decides whether a saved machine fits: it is restored by the same QEMU with the same of these. */
export interface Shape {
  readonly accelerator: Accelerator;
  readonly cpus: number;
  readonly memoryMib: number;
}

export interface MachineOrder extends Shape {
  readonly qemu: Qemu;
  readonly vmlinuz: string;
  readonly initrd: string;
  /** Image files. `throwAway`: what is written to them goes to files without a name, so nothing is left behind whatever ends QEMU. */
  readonly disks: { readonly system: string; readonly docker: string; readonly throwAway: boolean };
  /** The guest's memory. `shared`: the file is the memory; otherwise it is what the memory begins as, and is not written to. */
  readonly memory: { readonly file: string; readonly shared: boolean };
  /** Wait for a saved state instead of booting. */
  readonly incoming: boolean;
  /** More words for the kernel. */
  readonly append?: readonly string[];
}

/** Names of what QEMU makes in its working directory. */
export const LINE = "line";
export const MONITOR = "monitor";
export const CONSOLE = "console.log";

/** Without what only costs time in emulation; nothing here is secret from anybody in there. */
const TCG_CPU = "max,la57=off,smap=off,smep=off,pku=off";
const TRANSLATIONS_MIB = 1024;

/** QEMU's argv for a machine: no network at all, a serial line for the host, a console that is only written. Pure. */
export function qemuArgv(order: MachineOrder): readonly string[] {
  const { qemu, cpus, memoryMib, memory } = order;
  const backend = `memory-backend-file,id=ram,size=${memoryMib}M,mem-path=${memory.file},share=${memory.shared ? "on" : "off"}`;
  return [
    qemu.binary,
    ...qemu.dataDirs.flatMap((dir) => ["-L", dir]),
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"],
    ...acceleratorArgs(order.accelerator),
    ...["-machine", "q35,memory-backend=ram", "-object", backend, "-m", String(memoryMib), "-smp", String(cpus)],
    ...["-kernel", order.vmlinuz, "-initrd", order.initrd],
    ...["-append", ["console=ttyS0", "panic=-1", "quiet", "mitigations=off", ...(order.append ?? [])].join(" ")],
    ...["-serial", `file:${CONSOLE}`],
    ...diskArgs("system", order.disks.system, order.disks.throwAway),
    ...diskArgs("docker", order.disks.docker, order.disks.throwAway),
    ...["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"],
    ...["-chardev", `socket,id=line,path=${LINE},server=on,wait=off`],
    ...["-device", "virtserialport,chardev=line,name=faultline"],
    ...["-qmp", `unix:${MONITOR},server=on,wait=off`],
    ...(order.incoming ? ["-incoming", "defer"] : []),
  ];
}

function acceleratorArgs(accelerator: Accelerator): readonly string[] {
  if (accelerator === "kvm") return ["-accel", "kvm", "-cpu", "host"];
  return ["-accel", `tcg,thread=multi,tb-size=${TRANSLATIONS_MIB}`, "-cpu", TCG_CPU];
}

/** The format is told for what is ours to know: QEMU's own guess is a known way to be fooled by what a guest wrote. */
function diskArgs(name: string, file: string, throwAway: boolean): readonly string[] {
  const format = file.endsWith(".qcow2") ? "qcow2" : "raw";
  const drive = [`if=none`, `id=${name}`, `file=${file}`, `format=${format}`, "cache=unsafe"];
  return [
    ...["-drive", [...drive, ...(throwAway ? ["snapshot=on"] : [])].join(",")],
    ...["-device", `virtio-blk-pci,drive=${name}`],
  ];
}
