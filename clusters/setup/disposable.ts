/**
 * Whether this machine may be broken as a whole. Whoever it belongs to says so in a file that names the machine itself, so that another made from its image,
 * whose id is made anew, is not disposable by accident.
 */
import { PreflightError } from "../../lib/host/errors.ts";

/** Holds the machine's own id. */
export const DISPOSABLE_MARK = "/etc/faultline/disposable";

/** The id of an installation (machine-id(5)), and of this boot where there is none: `uninitialized`, or empty in many containers. */
const MACHINE_ID = { path: "/etc/machine-id", pattern: /^[0-9a-f]{32}$/ };
const BOOT_ID = { path: "/proc/sys/kernel/random/boot_id", pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ };

type ReadText = (path: string) => Promise<string | undefined>;

/** Throws PreflightError, saying which file has to hold what, unless this machine is marked as one that may be broken as a whole. */
export async function mustBeDisposable(readText: ReadText): Promise<void> {
  const own = await ownId(readText);
  if (own === undefined) {
    throw new PreflightError(
      `--allow-host-wide: this machine cannot be told from others: no id in ${MACHINE_ID.path} or ${BOOT_ID.path}`,
      "leave --allow-host-wide out",
    );
  }
  const mark = (await readText(DISPOSABLE_MARK))?.trim();
  if (mark === own.id) return;
  const is = mark === undefined ? "is not there" : "names another machine";
  throw new PreflightError(
    `--allow-host-wide: this machine is not marked as disposable: ${DISPOSABLE_MARK} ${is}`,
    `if all of it may be broken, put there what ${own.path} holds: ${own.id}`,
  );
}

async function ownId(readText: ReadText): Promise<{ readonly path: string; readonly id: string } | undefined> {
  for (const { path, pattern } of [MACHINE_ID, BOOT_ID]) {
    const id = (await readText(path))?.trim() ?? "";
    if (pattern.test(id)) return { path, id };
  }
  return undefined;
}
