import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UndecidedError } from "../../lib/host/errors.ts";
import { hostExec, lastLines, type Exec, type ExecResult } from "../../lib/host/exec.ts";
import { removeContainers } from "./delete.ts";

export interface KindOrder {
  /** The kind binary. */
  readonly kind: string;
  /** Of the cluster, and of its Docker network unless another is named. */
  readonly name: string;
  /** The Docker network, which is there. */
  readonly network?: string;
  readonly imageTag: string;
  /** kind's configuration, as YAML. */
  readonly config: string;
  readonly kubeconfig: string;
  /** For kind's files and its log. */
  readonly dir: string;
  readonly signal?: AbortSignal;
}

const BUDGET_MS = 300_000;
const ATTEMPTS = 3;
/** kind looks for a free port for the API server and lets go of it before Docker takes it, so another process, another kind for one, can be quicker. */
const PORT_TAKEN = /port is already allocated|address already in use/;

/** Has kind create the nodes and their control plane. Throws UndecidedError with the last it said; what was made by then is left. */
export async function createByKind(order: KindOrder, exec: Exec = hostExec): Promise<void> {
  const { name, config, kubeconfig, dir } = order;
  await writeFile(join(dir, "kind.yaml"), config, { mode: 0o600 });
  let result = await runKind(order, exec);
  for (let attempt = 2; isPortTaken(result) && attempt <= ATTEMPTS; attempt += 1) {
    await removeContainers(name, exec);
    result = await runKind(order, exec);
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

/** With settings of its own: what the user's environment says to kind is meant for other clusters. */
async function runKind(order: KindOrder, exec: Exec): Promise<ExecResult> {
  const { kind, name, network = name, imageTag, kubeconfig, dir, signal } = order;
  const argv = [kind, "create", "cluster", "--name", name, "--image", imageTag, "--config", join(dir, "kind.yaml")];
  const result = await exec([...argv, "--wait", "0", "--retain", "--kubeconfig", kubeconfig], {
    timeoutMs: BUDGET_MS,
    env: { KIND_EXPERIMENTAL_DOCKER_NETWORK: network, KIND_EXPERIMENTAL_PROVIDER: "docker" },
    ...(signal ? { signal } : {}),
  });
  await writeFile(join(dir, "kind.log"), result.stdout + result.stderr, { mode: 0o600 });
  return result;
}
