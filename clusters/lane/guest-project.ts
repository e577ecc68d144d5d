import { createReadStream } from "node:fs";
import { join } from "node:path";
import { UndecidedError } from "../../lib/errors.ts";
import { hostExec, lastLines, mustExec } from "../../lib/exec.ts";
import { execOn, type Line } from "./line.ts";

/** Where the project lies in a VM; node_modules is there already. */
export const IN_VM = "/faultline";
/** The project's command line in a VM, past the launcher: there is nothing to install. */
export const FAULTLINE: readonly string[] = [
  `${IN_VM}/node_modules/.bin/node`,
  ...["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning", `${IN_VM}/cli/main.ts`],
];

/**
 * Of the project in a VM. What takes time may take six times longer (kind's two nodes in user mode: 64 to 92 s for 18 to 23 s here; kube-proxy there: up to 40 s for less than 10); what V8
 * has compiled before the VM was saved it finds again.
 */
export const ENV_IN_VM: Readonly<Record<string, string>> = {
  FAULTLINE_PATIENCE: "6",
  NODE_COMPILE_CACHE: "/var/cache/faultline-node",
};

const PROJECT = join(import.meta.dirname, "../..");
/** What a VM has already, or nobody needs there. */
const LEFT_OUT = ["node_modules", "runs", ".git", "docs", "test", "bench"].map((name) => `--exclude=./${name}`);
const KEPT_IN_VM = ["node_modules", "runs"].flatMap((name) => ["!", "-name", name]);

/** The project as it is now, as an archive in `dir`; its path. */
export async function packProject(dir: string): Promise<string> {
  const archive = join(dir, "project.tar");
  await mustExec(hostExec, ["tar", "-C", PROJECT, ...LEFT_OUT, "-cf", archive, "."]);
  return archive;
}

/** Sets the VM's clock, which went on from where it was saved, and puts the project as it is now into it. `dir` is for a file on the way. */
export async function refresh(line: Line, dir: string): Promise<void> {
  await mustExec(execOn(line), ["date", "--utc", "--set", new Date().toISOString()]);
  const archive = await packProject(dir);
  await removeProject(line);
  await unpack(line, "-", createReadStream(archive) as AsyncIterable<Uint8Array>);
}

/** Puts the project into a VM that has its archive as a disk: a serial line is not for so much (seen: 2.5 MB of it stay stuck). */
export async function unpackFrom(line: Line, device: string): Promise<void> {
  await removeProject(line);
  await unpack(line, device);
}

async function removeProject(line: Line): Promise<void> {
  const remove = ["find", IN_VM, "-mindepth", "1", "-maxdepth", "1", ...KEPT_IN_VM];
  await mustExec(execOn(line), [...remove, "-exec", "rm", "-rf", "{}", "+"]);
}

async function unpack(line: Line, from: string, stdin?: AsyncIterable<Uint8Array>): Promise<void> {
  const said: Buffer[] = [];
  const hear = (data: Uint8Array) => void said.push(Buffer.from(data));
  const { code, error } = await line.run(["tar", "-C", IN_VM, "-xf", from], {
    ...(stdin === undefined ? {} : { stdin }),
    onStdout: hear,
    onStderr: hear,
  });
  if (code === 0) return;
  const why = error ?? lastLines(Buffer.concat(said).toString("utf8"), 3);
  throw new UndecidedError(`the project could not be put into the VM: ${why}`, "run it again");
}
