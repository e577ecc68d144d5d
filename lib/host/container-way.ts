import { readFileSync } from "node:fs";
import { containerExec } from "./container-exec.ts";
import { mustExec, type Exec } from "./exec.ts";
import { restrictionsIn, underRestrictions, type Restrictions } from "./restrictions.ts";

/** Constant: nothing is put into them. */
const ENTER = readFileSync(new URL("enter.sh", import.meta.url), "utf8");
const WHERE_AM_I = readFileSync(new URL("where-am-i.sh", import.meta.url), "utf8");
/** Exit code of enter.sh when it ran nothing; no command of ours ends with it. */
export const NOT_ENTERED_EXIT = 98;
const TIMEOUT_MS = 15_000;

/** A direct way into a container without the engine, or the reason that it is impossible. */
export type ContainerWay =
  { readonly direct: Exec; readonly whyNot: null } | { readonly direct: null; readonly whyNot: string };

/**
 * Resolves to a way into a running container that is quicker than `docker exec`, or to the reason why there is none.
 * `docker exec` starts several programs for each command (measured: 70 ms idle; 290 ms on a busy machine, where
 * nsenter(1) took 24 ms). Where the harness is root beside the engine, a command enters the container's namespaces
 * directly. That is done only if a command ends up where `docker exec` puts it, as the same user, in the same folder
 * and environment, with the same capabilities and limits. A restarted container is never entered: the command ends
 * with NOT_ENTERED_EXIT.
 * Throws ExecError when the container cannot be asked.
 */
export async function wayInto(container: string, host: Exec): Promise<ContainerWay> {
  const none = (whyNot: string): ContainerWay => ({ direct: null, whyNot });
  if (process.platform !== "linux" || process.getuid?.() !== 0) return none("the harness is not root on Linux");
  const format = "{{.State.Pid}} {{.HostConfig.Privileged}}";
  const inspect = ["docker", "container", "inspect", "--format", format, "--", container];
  const [there, inspected] = await Promise.all([
    placeOf(containerExec(container, host)),
    mustExec(host, inspect, { timeoutMs: TIMEOUT_MS }),
  ]);
  const [, pid] = /^([1-9]\d*) true$/.exec(inspected.stdout.trim()) ?? [];
  if (pid === undefined) return none("the container is not privileged, and who enters directly is");
  const first = firstProcess(pid);
  if (first === null) return none("the container's processes are not on this machine");
  const direct = entering(first, there, host);
  try {
    const here = await placeOf(direct);
    if (here.text !== there.text) return none("commands would not end up where docker exec puts them");
    const joined = await direct(["cmp", "-s", "/proc/self/cgroup", "/proc/1/cgroup"], { timeoutMs: TIMEOUT_MS });
    return joined.exitCode === 0 ? { direct, whyNot: null } : none("its control groups cannot be joined");
  } catch (error) {
    return none(`it cannot be entered: ${(error as Error).message}`);
  }
}

/** Returns an Exec that takes the direct way, and `other` where there is none or where it ran nothing. */
export function throughWay({ direct }: ContainerWay, other: Exec): Exec {
  if (direct === null) return other;
  return async (argv, options) => {
    // env(1) would take that for a variable.
    if (argv[0]?.includes("=") !== false) return await other(argv, options);
    const result = await direct(argv, options);
    return result.exitCode === NOT_ENTERED_EXIT ? await other(argv, options) : result;
  };
}

/** Settings that a command inherits from its parent. */
export interface Inherited {
  /** In octal. */
  readonly umask: string;
  /** `NAME=VALUE`. */
  readonly environment: readonly string[];
  readonly restrictions: Restrictions;
}

interface Place extends Inherited {
  readonly text: string;
}

async function placeOf(exec: Exec): Promise<Place> {
  const { stdout } = await mustExec(exec, ["sh", "-c", WHERE_AM_I], { timeoutMs: TIMEOUT_MS });
  const [, inherited = ""] = stdout.split(/\n\n([^]*)/);
  const [umask = "", ...environment] = inherited.split("\n");
  const restrictions = restrictionsIn(stdout);
  return { text: stdout, umask, environment: environment.filter((line) => line.includes("=")), restrictions };
}

/** A container's first process, as this machine sees it. */
export interface FirstProcess {
  readonly pid: string;
  /** In clock ticks since boot. */
  readonly started: string;
  /** Folders of the control groups it is in. */
  readonly controlGroups: readonly string[];
}

/** Returns a container's first process by its number here; null where this machine has no such process. */
export function firstProcess(pid: string): FirstProcess | null {
  try {
    const read = (name: string) => readFileSync(`/proc/${name}`, "utf8");
    const started =
      read(`${pid}/stat`)
        .replace(/^.*\) /s, "")
        .split(" ")[19] ?? "";
    return { pid, started, controlGroups: controlGroupsIn(read(`${pid}/cgroup`), read("self/mountinfo")) };
  } catch {
    return null;
  }
}

/** Returns this process's restrictions. Throws where there is no /proc. */
export function ownRestrictions(): Restrictions {
  return restrictionsIn(["status", "limits"].map((name) => readFileSync(`/proc/self/${name}`, "utf8")).join(""));
}

/** Returns an Exec that runs commands by enter.sh; NOT_ENTERED_EXIT where the process is another by now. */
export function entering(
  { pid, started, controlGroups }: FirstProcess,
  { umask, environment, restrictions }: Inherited,
  host: Exec,
): Exec {
  const words = [pid, started, umask, String(controlGroups.length), ...controlGroups, ...environment];
  const prefix = underRestrictions(ownRestrictions(), restrictions);
  return async (argv, options) => {
    const result = await host([...prefix, "sh", "-c", ENTER, "enter", ...words, ...argv], options);
    return { ...result, argv };
  };
}

/**
 * Returns the folders of a process's control groups, from its /proc/PID/cgroup (cgroups(7)) and from
 * /proc/self/mountinfo (proc_pid_mountinfo(5)). A hierarchy that is mounted nowhere, or in part, is left out. Pure.
 */
export function controlGroupsIn(cgroup: string, mountinfo: string): readonly string[] {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    const [, root, folder, type, options = ""] =
      /^\S+ \S+ \S+ (\S+) (\S+) .*? - (cgroup2?) \S+ (\S+)$/.exec(line) ?? [];
    if (root !== "/" || folder === undefined) return [];
    return [{ folder, controllers: type === "cgroup2" ? [""] : options.split(",") }];
  });
  return cgroup.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const wanted = controllers.split(",");
    const mount = mounts.find((one) => wanted.every((name) => one.controllers.includes(name)));
    return mount ? [`${mount.folder}${path === "/" ? "" : path}`] : [];
  });
}
