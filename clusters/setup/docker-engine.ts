/**
 * The check of the Docker engine. Its fix starts a stopped engine, and installs an absent one from the distribution
 * first.
 */
import { asRoot } from "./as-root.ts";
import { BOUNDED_RUNTIME, BOUNDED_RUNTIME_PATH } from "./bounded-runtime.ts";
import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { fixable, missing, ok, warning } from "./check.ts";
import { missingPackages } from "./distribution.ts";
import type { RunningEngine } from "./engine-probe.ts";
import { hasSystemd, lackingCapabilities, probeEngine } from "./engine-probe.ts";
import { dockerdArgv, startEngine } from "./engine-start.ts";
import { compareVersions, parseVersion } from "./version.ts";

const OLDEST = [20, 10, 0] as const;
const DAEMON_JSON = "/etc/docker/daemon.json";

export const dockerEngine: Check = {
  id: "docker-engine",
  what: "a Docker engine that answers",
  why: "each node of a cluster is a container",
  find: findEngine,
};

async function findEngine(context: CheckContext): Promise<MachineFinding> {
  const engine = await probeEngine(context);
  const bounded = (await lackingCapabilities(context, engine)).length > 0;
  switch (engine.state) {
    case "running":
      return await judgeRunning(context, engine, bounded);
    case "denied":
      return missing(engine.reason, 'sudo usermod -aG docker "$USER", then log in again');
    case "remote":
      return missing(`${engine.reason} (DOCKER_HOST is set)`, "start that engine, or unset DOCKER_HOST");
    case "stopped":
      return await judgeStopped(context, engine.reason, bounded);
    case "absent":
      return await missingPackages(context, "not installed", ["docker.io"], () => startEngine(context, bounded));
  }
}

async function judgeRunning(context: CheckContext, engine: RunningEngine, bounded: boolean): Promise<MachineFinding> {
  const runtime = engine.defaultRuntime;
  const detail = `${engine.version}, runtime ${runtime}`;
  if (bounded && runtime === "runc") {
    return missing(`${detail}: its privileged containers will fail on this host`, await restartAdvice(context));
  }
  if (bounded && runtime !== BOUNDED_RUNTIME) return warning(`${detail}: not ours, and untested on this host`);
  const version = parseVersion(engine.version);
  if (version && compareVersions(version, OLDEST) < 0) return warning(`${detail}: older than ${OLDEST.join(".")}`);
  return ok(detail);
}

async function judgeStopped(context: CheckContext, reason: string, bounded: boolean): Promise<MachineFinding> {
  if (context.platform !== "linux") return missing(reason, "start Docker Desktop");
  if (bounded && setsRuntimes((await context.readText(DAEMON_JSON)) ?? "")) {
    return missing(`${reason}; ${DAEMON_JSON} sets runtimes of its own`, daemonJsonAdvice());
  }
  const how = (await hasSystemd(context))
    ? "sudo systemctl start docker"
    : `${asRoot(context, dockerdArgv(bounded)).join(" ")} &`;
  return fixable(`installed, not running (${reason})`, how, () => startEngine(context, bounded));
}

/** Returns true when a daemon.json sets runtimes: dockerd refuses to start when flags set them too. */
export function setsRuntimes(daemonJson: string): boolean {
  return /"(default-runtime|runtimes)"\s*:/.test(daemonJson);
}

async function restartAdvice(context: CheckContext): Promise<string> {
  if (await hasSystemd(context)) return `${daemonJsonAdvice()}, then systemctl restart docker`;
  return 'stop it when nothing needs it (kill "$(cat /var/run/docker.pid)"), then run this again to restart it';
}

function daemonJsonAdvice(): string {
  const settings = {
    runtimes: { [BOUNDED_RUNTIME]: { path: BOUNDED_RUNTIME_PATH } },
    "default-runtime": BOUNDED_RUNTIME,
  };
  return `merge ${JSON.stringify(settings)} into ${DAEMON_JSON}`;
}
