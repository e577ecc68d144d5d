import { createReadStream, existsSync } from "node:fs";
import { rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines, mustExec, type Exec } from "../../lib/host/exec.ts";
import { execOn, type Line } from "./line.ts";

/** Where the project lies in a VM; node_modules is there already. */
export const IN_VM = "/faultline";
/** The project's command line in a VM, past the launcher: there is nothing to install. */
export const FAULTLINE: readonly string[] = [
  `${IN_VM}/node_modules/.bin/node`,
  ...["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning", `${IN_VM}/cli/main.ts`],
];

/**
 * The project's environment in a VM. Timeouts are six times longer: kind's two nodes take 64 to 92 s in user mode and
 * 18 to 23 s here; kube-proxy up to 40 s there and less than 10 s here. Code that V8 compiled in an earlier run of the
 * VM is found in its cache.
 */
export const ENV_IN_VM: Readonly<Record<string, string>> = {
  FAULTLINE_TIME_SCALE: "6",
  NODE_COMPILE_CACHE: "/var/cache/faultline-node",
};

const PROJECT = join(import.meta.dirname, "../..");
/** Folders that a VM has already or does not need. */
const LEFT_OUT = ["node_modules", "runs", ".git", "docs", "test", "bench"].map((name) => `--exclude=./${name}`);
const KEPT_IN_VM = ["node_modules", "runs"].flatMap((name) => ["!", "-name", name]);

/**
 * Size of the project's archive. A VM keeps the size that its disk had first; tar ignores bytes after the archive's
 * end.
 */
const ARCHIVE_BYTES = 32 * 1024 ** 2;

/** The project as it is now, as an archive in `dir`; its path. The file stays the same where there is one. */
export async function packProject(dir: string, exec: Exec): Promise<string> {
  const archive = join(dir, "project.tar");
  await mustExec(exec, ["tar", "-C", PROJECT, ...LEFT_OUT, "-cf", `${archive}.new`, "."]);
  const { size } = await stat(`${archive}.new`);
  if (size > ARCHIVE_BYTES)
    throw new UndecidedError(
      `the project takes ${size} bytes, at most ${ARCHIVE_BYTES} go into a VM`,
      "remove what does not belong to it",
    );
  await writeFile(archive, createReadStream(`${archive}.new`), { flag: existsSync(archive) ? "r+" : "w", mode: 0o600 });
  await truncate(archive, ARCHIVE_BYTES);
  await rm(`${archive}.new`);
  return archive;
}

/** A VM's clock may have gone on from where the VM was left. */
export async function setClock(line: Line): Promise<void> {
  await mustExec(execOn(line), ["date", "--utc", "--set", new Date().toISOString()]);
}

/**
 * Unpacks the project in a VM that has its archive as a disk. A serial line is too small for it: 2.5 MB got stuck
 * there.
 */
export async function unpackFrom(line: Line, device: string): Promise<void> {
  await removeProject(line);
  // Another project may have been on it before.
  await mustExec(execOn(line), ["blockdev", "--flushbufs", device]);
  await unpack(line, device);
}

async function removeProject(line: Line): Promise<void> {
  const remove = ["find", IN_VM, "-mindepth", "1", "-maxdepth", "1", ...KEPT_IN_VM];
  await mustExec(execOn(line), [...remove, "-exec", "rm", "-rf", "{}", "+"]);
}

async function unpack(line: Line, from: string): Promise<void> {
  const said: Buffer[] = [];
  const hear = (data: Uint8Array) => void said.push(Buffer.from(data));
  const { code, error } = await line.run(["tar", "-C", IN_VM, "-xf", from], {
    onStdout: hear,
    onStderr: hear,
  });
  if (code === 0) return;
  const why = error ?? lastLines(Buffer.concat(said).toString("utf8"), 3);
  throw new UndecidedError(`the project could not be put into the VM: ${why}`, "run it again");
}
