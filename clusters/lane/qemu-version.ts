import { compareVersions, parseVersion } from "../setup/version.ts";

/**
 * QEMU before 8.1 translates code that another processor of the guest is just patching (accel/tcg: "Always lock pages before translation"), and a Debian kernel patches itself
 * at every start: with 7.2 a boot on a busy machine ended in `Oops: int3`, and any boot of 6.12 in kmem_cache_alloc (cmpxchg16b). 8.2 can also save to and load from a file by itself.
 */
const OLDEST = [8, 2, 0] as const;

/** Whether a QEMU can be trusted to emulate, from what its `--version` prints. With KVM an older one would do as well; one rule for both keeps snapshots alike. Pure. */
export function qemuIsRecent(versionText: string): boolean {
  const version = parseVersion(/version (\S+)/.exec(versionText)?.[1] ?? "");
  return version !== undefined && compareVersions(version, OLDEST) >= 0;
}
