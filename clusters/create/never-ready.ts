import { UndecidedError } from "../../lib/host/errors.ts";
import { lastLines, type Exec } from "../../lib/host/exec.ts";
import { isReady, type Kubernetes } from "../../lib/kubernetes/client.ts";

/** Pods that a cluster was expected to have Ready. */
export interface Awaited {
  readonly cluster: string;
  readonly api: Pick<Kubernetes, "pods">;
  readonly namespace: string;
  readonly selector?: string;
  readonly signal?: AbortSignal | undefined;
  /** Default: on this machine. */
  readonly exec: Exec;
}

const KUBECTL = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"];
const LOGS_WITHIN_MS = 15_000;
const LINES_EACH = 2;
/** A report shows six lines of a failure; more pods would only repeat the same for other nodes. */
const MOST_PODS = 2;

/**
 * Throws UndecidedError for pods that did not get ready: what was awaited, the last log lines of those pods, and the
 * command to look by hand.
 */
export async function neverReady(awaited: Awaited, error: unknown): Promise<never> {
  const { message } = error as Error;
  const lines = awaited.signal?.aborted ? [] : await lastWords(awaited).catch(() => []);
  const command = `docker exec ${awaited.cluster}-control-plane ${KUBECTL.join(" ")} get pods -A -o wide`;
  const next = `see the pods: ${command} (keep it with --keep failure)`;
  throw new UndecidedError([message, ...lines].join("\n"), next, { cause: error });
}

/**
 * Returns the last log lines of pods that are not ready, ended containers included; none while the node's kubelet does
 * not answer.
 */
async function lastWords({ cluster, api, namespace, selector, signal, exec }: Awaited): Promise<readonly string[]> {
  const waiting = (await api.pods(namespace, selector)).filter((pod) => !isReady(pod)).slice(0, MOST_PODS);
  const logs = waiting.map(async ({ metadata }) => {
    const argv = [
      "logs",
      "--namespace",
      namespace,
      metadata?.name ?? "",
      "--all-containers",
      "--tail",
      `${LINES_EACH}`,
    ];
    const options = { timeoutMs: LOGS_WITHIN_MS, ...(signal && { signal }) };
    const { stdout } = await exec(["docker", "exec", `${cluster}-control-plane`, ...KUBECTL, ...argv], options);
    const lines = lastLines(stdout, LINES_EACH);
    return lines === "" ? [] : [`last lines of ${metadata?.name}:`, lines];
  });
  return (await Promise.all(logs)).flat();
}
