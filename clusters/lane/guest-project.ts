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

/** Of the project in a VM: what takes time may take six times longer under emulation, and what V8 has compiled before the VM was saved it finds again. */
export const ENV_IN_VM: Readonly<Record<string, string>> = {
  FAULTLINE_PATIENCE: "6",
  NODE_COMPILE_CACHE: "/var/cache/faultline-node",
};

const PROJECT = join(import.meta.dirname, "../..");
/** What a VM has already, or nobody needs there. */
const LEFT_OUT = ["node_modules", "runs", ".git", "docs", "test", "bench"].map((name) => `--exclude=./${name}`);
const KEPT_IN_VM = ["node_modules", "runs"].flatMap((name) => ["!", "-name", name]);

/** Sets the VM's clock, which went on from where it was saved, and puts the project as it is now into it. `dir` is for a file on the way. */
export async function refresh(line: Line, dir: string): Promise<void> {
  await mustExec(execOn(line), ["date", "--utc", "--set", new Date().toISOString()]);
  const archive = join(dir, "project.tar");
  await mustExec(hostExec, ["tar", "-C", PROJECT, ...LEFT_OUT, "-cf", archive, "."]);
  const remove = ["find", IN_VM, "-mindepth", "1", "-maxdepth", "1", ...KEPT_IN_VM];
  await mustExec(execOn(line), [...remove, "-exec", "rm", "-rf", "{}", "+"]);
  const said: Buffer[] = [];
  const hear = (data: Uint8Array) => void said.push(Buffer.from(data));
  const { code, error } = await line.run(["tar", "-C", IN_VM, "-xf", "-"], {
    stdin: createReadStream(archive) as AsyncIterable<Uint8Array>,
    onStdout: hear,
    onStderr: hear,
  });
  if (code === 0) return;
  const why = error ?? lastLines(Buffer.concat(said).toString("utf8"), 3);
  throw new UndecidedError(`the project could not be put into the VM: ${why}`, "run it again");
}
