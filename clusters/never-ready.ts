import { UndecidedError } from "../lib/errors.ts";
import { hostExec, lastLines } from "../lib/exec.ts";

/** Pods that were waited for. */
interface Awaited {
  readonly namespace: string;
  readonly selector: string;
}

const KUBECTL = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"];
const LOGS_WITHIN_MS = 15_000;
const LINES_EACH = 4;
const LINES_IN_ALL = 16;

/** Throws UndecidedError for pods of a cluster that did not get ready: what was waited for, the last lines of their own logs where they have any, and how to look by hand. */
export async function neverReady(cluster: string, error: unknown, pods?: Awaited): Promise<never> {
  const { message } = error as Error;
  const said = pods === undefined ? "" : await lastWords(cluster, pods);
  const next = `see the pods: docker exec ${cluster}-control-plane ${KUBECTL.join(" ")} get pods -A -o wide (keep it with --keep failure)`;
  throw new UndecidedError(said === "" ? message : `${message}; their last lines:\n${said}`, next, { cause: error });
}

/** Of each container the last lines, of one that ended too; nothing where they cannot be had. */
async function lastWords(cluster: string, { namespace, selector }: Awaited): Promise<string> {
  const logs = ["logs", "--namespace", namespace, "--selector", selector, "--all-containers", "--prefix"];
  const result = await hostExec(
    ["docker", "exec", `${cluster}-control-plane`, ...KUBECTL, ...logs, "--ignore-errors", "--tail", `${LINES_EACH}`],
    { timeoutMs: LOGS_WITHIN_MS },
  );
  return lastLines(result.stdout, LINES_IN_ALL);
}
