import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines, type Exec, type ExecResult } from "../../lib/host/exec.ts";
import { removeContainers } from "./delete.ts";

export interface KindCreateOptions {
  /** The kind binary. */
  readonly kind: string;
  /** The cluster's name, and that of its Docker network unless `network` is given. */
  readonly name: string;
  /** An existing Docker network. */
  readonly network?: string;
  readonly imageTag: string;
  /** kind's configuration, as YAML. */
  readonly config: string;
  readonly kubeconfig: string;
  /** The folder for kind's configuration and log. */
  readonly dir: string;
  readonly signal?: AbortSignal;
}

const BUDGET_MS = 300_000;
const ATTEMPTS = 3;
/**
 * kind finds a free port for the API server and releases it before Docker binds it, so another process, such as another
 * kind, can take it.
 */
const PORT_TAKEN = /port is already allocated|address already in use/;

/**
 * Lets kind create the nodes and their control plane. Throws UndecidedError with kind's last lines; parts made by then
 * remain.
 */
export async function createByKind(options: KindCreateOptions, exec: Exec): Promise<void> {
  const { name, config, kubeconfig, dir } = options;
  await writeFile(join(dir, "kind.yaml"), config, { mode: 0o600 });
  let result = await runKind(options, exec);
  for (let attempt = 2; isPortTaken(result) && attempt <= ATTEMPTS; attempt += 1) {
    await removeContainers(name, exec);
    result = await runKind(options, exec);
  }
  if (result.exitCode !== 0) {
    const last = lastLines(result.stderr || result.stdout, 8);
    throw new UndecidedError(`kind could not create cluster ${name}:\n${last}`, `see ${join(dir, "kind.log")}`);
  }
  await chmod(kubeconfig, 0o600);
}

function isPortTaken({ exitCode, stderr }: ExecResult): boolean {
  return exitCode !== 0 && PORT_TAKEN.test(stderr);
}

/** Runs kind with our settings: those in the user's environment are meant for other clusters. */
async function runKind(options: KindCreateOptions, exec: Exec): Promise<ExecResult> {
  const { kind, name, network = name, imageTag, kubeconfig, dir, signal } = options;
  const argv = [kind, "create", "cluster", "--name", name, "--image", imageTag, "--config", join(dir, "kind.yaml")];
  const result = await exec([...argv, "--wait", "0", "--retain", "--kubeconfig", kubeconfig], {
    timeoutMs: BUDGET_MS,
    env: { KIND_EXPERIMENTAL_DOCKER_NETWORK: network, KIND_EXPERIMENTAL_PROVIDER: "docker" },
    ...(signal ? { signal } : {}),
  });
  await writeFile(join(dir, "kind.log"), result.stdout + result.stderr, { mode: 0o600 });
  return result;
}
