import { UndecidedError } from "../../lib/host/errors.ts";
import { hostExec, lastLines } from "../../lib/host/exec.ts";
import { isReady, type Kubernetes } from "../../lib/kubernetes/client.ts";

/** Pods that were waited for in a cluster. */
export interface Awaited {
  readonly cluster: string;
  readonly api: Pick<Kubernetes, "pods">;
  readonly namespace: string;
  readonly selector?: string;
  readonly signal?: AbortSignal | undefined;
}

const KUBECTL = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"];
const LOGS_WITHIN_MS = 15_000;
const LINES_EACH = 2;
/** A report shows six lines of a failure; more would only tell the same of other nodes. */
const MOST_PODS = 2;

/** Throws UndecidedError for pods that did not get ready: what was waited for, the last lines of those that are not, where they have any, and how to look by hand. */
export async function neverReady(awaited: Awaited, error: unknown): Promise<never> {
  const { message } = error as Error;
  const said = awaited.signal?.aborted ? [] : await lastWords(awaited).catch(() => []);
  const next = `see the pods: docker exec ${awaited.cluster}-control-plane ${KUBECTL.join(" ")} get pods -A -o wide (keep it with --keep failure)`;
  throw new UndecidedError([message, ...said].join("\n"), next, { cause: error });
}

/** Of each pod that is not ready, of an ended container too; nothing where its node's kubelet does not answer. */
async function lastWords({ cluster, api, namespace, selector, signal }: Awaited): Promise<readonly string[]> {
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
    const { stdout } = await hostExec(["docker", "exec", `${cluster}-control-plane`, ...KUBECTL, ...argv], options);
    const lines = lastLines(stdout, LINES_EACH);
    return lines === "" ? [] : [`last lines of ${metadata?.name}:`, lines];
  });
  return (await Promise.all(logs)).flat();
}
