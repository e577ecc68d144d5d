/**
 * The mark of a machine that faults may break as a whole. Its owner puts the machine's own id into a file. A machine
 * made from its image gets a new id, so it is not disposable by accident.
 */
import { PreflightError } from "../../lib/host/errors.ts";

/** The file with the machine's own id. */
export const DISPOSABLE_MARK = "/etc/faultline/disposable";

/**
 * The id of an installation (machine-id(5)), or of this boot without one: it is `uninitialized` or empty in many
 * containers.
 */
const MACHINE_ID = { path: "/etc/machine-id", pattern: /^[0-9a-f]{32}$/ };
const BOOT_ID = { path: "/proc/sys/kernel/random/boot_id", pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ };

type ReadText = (path: string) => Promise<string | undefined>;

/** Throws PreflightError with the file and its expected content unless this machine is marked as disposable. */
export async function mustBeDisposable(readText: ReadText): Promise<void> {
  const own = await ownId(readText);
  if (own === undefined) {
    throw new PreflightError(
      `--allow-host-wide: this machine has no id of its own: none in ${MACHINE_ID.path} or ${BOOT_ID.path}`,
      "leave --allow-host-wide out",
    );
  }
  const mark = (await readText(DISPOSABLE_MARK))?.trim();
  if (mark === own.id) return;
  const problem = mark === undefined ? "is missing" : "names another machine";
  throw new PreflightError(
    `--allow-host-wide: this machine is not marked as disposable: ${DISPOSABLE_MARK} ${problem}`,
    `if the whole machine may be broken, write the id from ${own.path} there: ${own.id}`,
  );
}

async function ownId(readText: ReadText): Promise<{ readonly path: string; readonly id: string } | undefined> {
  for (const { path, pattern } of [MACHINE_ID, BOOT_ID]) {
    const id = (await readText(path))?.trim() ?? "";
    if (pattern.test(id)) return { path, id };
  }
  return undefined;
}
