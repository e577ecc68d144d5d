/** Probes the Docker engine: its state, its place and the capabilities of its children. Reads only. */
import type { ExecResult } from "../../lib/host/exec.ts";
import { missingCapabilities, parseBoundingSet } from "./capabilities.ts";
import type { CheckContext } from "./check.ts";

export interface RunningEngine {
  readonly state: "running";
  readonly version: string;
  readonly defaultRuntime: string;
  /** The folder of images and containers, as the engine sees it. */
  readonly rootDir: string;
  readonly kernel: string;
}

/** `remote`: DOCKER_HOST names an engine that does not run on this machine. */
export type Engine =
  | RunningEngine
  | { readonly state: "denied" | "remote" | "stopped"; readonly reason: string }
  | { readonly state: "absent" };

/** Returns the state of the engine that the docker client uses. */
export async function probeEngine(context: CheckContext): Promise<Engine> {
  if ((await context.which("docker")) === undefined) return { state: "absent" };
  const { signal } = context;
  const info = await context.exec(["docker", "info", "--format", "{{json .}}"], { timeoutMs: 15_000, signal });
  const hasDaemon = (await context.which("dockerd")) !== undefined;
  return classifyEngine(info, { hasDaemon, dockerHost: context.env["DOCKER_HOST"] ?? "" });
}

/** Returns the engine's state from the output of `docker info --format '{{json .}}'` (20.10 and newer). Pure. */
export function classifyEngine(
  info: Pick<ExecResult, "stdout" | "stderr" | "timedOut">,
  host: { readonly hasDaemon: boolean; readonly dockerHost: string },
): Engine {
  const answer = parseObject(info.stdout);
  const version = text(answer["ServerVersion"]);
  if (version !== "") {
    const [defaultRuntime, rootDir, kernel] = ["DefaultRuntime", "DockerRootDir", "KernelVersion"].map((key) =>
      text(answer[key]),
    ) as [string, string, string];
    return { state: "running", version, defaultRuntime, rootDir, kernel };
  }
  const errors = Array.isArray(answer["ServerErrors"]) ? answer["ServerErrors"].map(text) : [];
  const firstLine = [...errors, ...info.stderr.split("\n")].find((line) => line.trim() !== "")?.trim();
  const reason = info.timedOut ? "docker info timed out" : (firstLine ?? "docker info printed nothing");
  if (/permission denied/i.test(reason)) return { state: "denied", reason };
  if (host.dockerHost !== "" && !isLocal(host.dockerHost)) return { state: "remote", reason };
  return host.hasDaemon ? { state: "stopped", reason } : { state: "absent" };
}

/**
 * Returns the capabilities that a privileged container asks for and the engine's children cannot have. Empty when the
 * engine is not a process of this machine: its own limits apply then.
 */
export async function lackingCapabilities(context: CheckContext, engine: Engine): Promise<string[]> {
  if (context.platform !== "linux" || engine.state === "remote") return [];
  const status = await statusOfEngine(context, engine);
  const boundingSet = status === undefined ? undefined : parseBoundingSet(status);
  if (boundingSet === undefined) return [];
  const lastCap = Number((await context.readText("/proc/sys/kernel/cap_last_cap")) ?? 40);
  return missingCapabilities(boundingSet, lastCap);
}

/** Returns true when systemd is this machine's init and starts its services (sd_booted(3) asks the same). */
export async function hasSystemd(context: CheckContext): Promise<boolean> {
  return (await context.readText("/proc/1/comm"))?.trim() === "systemd";
}

/** Returns /proc/PID/status of the running engine, or of its future parent process. */
async function statusOfEngine(context: CheckContext, engine: Engine): Promise<string | undefined> {
  const pid = (await context.readText("/var/run/docker.pid"))?.trim() ?? "";
  if (/^\d+$/.test(pid) && (await context.readText(`/proc/${pid}/comm`))?.trim() === "dockerd") {
    return await context.readText(`/proc/${pid}/status`);
  }
  // Its socket answers but its process is not visible: it runs outside our container or VM.
  if (engine.state === "running") return undefined;
  return await context.readText((await hasSystemd(context)) ? "/proc/1/status" : "/proc/self/status");
}

function isLocal(dockerHost: string): boolean {
  return ["unix:///var/run/docker.sock", "unix:///run/docker.sock"].includes(dockerHost);
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
