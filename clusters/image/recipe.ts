import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** One command of a step, as an argv. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a step's commands find and leave things: absolute paths. */
export interface StepPaths {
  /** The step's own, empty directory. */
  readonly out: string;
  /** A file that an earlier step made. */
  readonly made: (step: string, file: string) => string;
  /** A file of the repository, below clusters/. */
  readonly source: (path: string) => string;
  /** The Debian mirror this machine uses. */
  readonly mirror: string;
  /** The tag of the image that a step makes. */
  readonly tagOf: (step: string) => string;
}

/** One step of the build, as data. */
export interface Step {
  readonly name: string;
  /** What a user reads while it runs. */
  readonly what: string;
  /** Measured on 2 cores with nothing cached, seconds. */
  readonly expectedS: number;
  /** Steps whose results it reads. */
  readonly needs: readonly string[];
  /** Files and folders below clusters/ that decide its result. */
  readonly inputs: readonly string[];
  /** Everything else that decides its result, as JSON: versions, flags, lists. */
  readonly settings: unknown;
  /** It makes an image in Docker, called this and its key; nothing is kept in its directory. */
  readonly image?: string;
  readonly commands: (paths: StepPaths) => readonly Command[];
}

export interface FileDigest {
  readonly path: string;
  readonly executable: boolean;
  readonly sha256: string;
}

/** The digests of a file, or of all files below a folder, in a fixed order. `path` is relative to `root`. */
export async function digestFiles(root: string, path: string): Promise<readonly FileDigest[]> {
  const about = await stat(join(root, path));
  if (!about.isDirectory()) {
    const sha256 = sha256Of(await readFile(join(root, path)));
    return [{ path, executable: (about.mode & 0o100) !== 0, sha256 }];
  }
  const names = (await readdir(join(root, path))).sort();
  const nested = await Promise.all(names.map((name) => digestFiles(root, `${path}/${name}`)));
  return nested.flat();
}

/**
 * A step's key: changes when a file it reads, a setting, or a step it needs changes; and with nothing else (not with
 * the machine, the time or the cache). Pure.
 */
export function stepKey(step: Step, files: readonly FileDigest[], neededKeys: readonly string[]): string {
  const settings = step.settings ?? null;
  return sha256Of(JSON.stringify({ name: step.name, settings, files, neededKeys }));
}

/** The keys of all steps, by name. `steps` are in an order in which each comes after those it needs. */
export async function recipeKeys(steps: readonly Step[], root: string): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const step of steps) {
    const files = (await Promise.all(step.inputs.map((path) => digestFiles(root, path)))).flat();
    const needed = step.needs.map((name) => keys.get(name) ?? unknownStep(step.name, name));
    keys.set(step.name, stepKey(step, files, needed));
  }
  return keys;
}

/** The tag of the image that a step makes, from its key (64 hex digits). Pure. */
export function imageTag({ name, image }: Pick<Step, "name" | "image">, keys: ReadonlyMap<string, string>): string {
  const key = keys.get(name);
  if (image === undefined || key === undefined) throw new Error(`step ${name} makes no image`);
  return `${image}-${key.slice(0, 12)}`;
}

function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function unknownStep(step: string, needed: string): never {
  throw new Error(`step ${step} needs ${needed}, which does not come before it`);
}
