/** The Linux capabilities that a process's children may have. Sources: capabilities(7), proc(5) "CapBnd". */

/** Bits 0–40, in the order of linux/capability.h. */
const NAMES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
  .split(" ")
  .map((name) => `CAP_${name}`);

/** Returns the bounding set in the text of /proc/PID/status as a bit mask; undefined when the text has none. */
export function parseBoundingSet(status: string): bigint | undefined {
  const hex = /^CapBnd:\s*([0-9a-f]+)\s*$/im.exec(status)?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}

/**
 * Returns the capabilities that the kernel has and `boundingSet` lacks. A privileged container asks for all of the
 * kernel's, and runc fails for each it cannot give. `lastCap` is /proc/sys/kernel/cap_last_cap.
 */
export function missingCapabilities(boundingSet: bigint, lastCap: number): string[] {
  return NAMES.filter((_, bit) => bit <= lastCap && ((boundingSet >> BigInt(bit)) & 1n) === 0n);
}
