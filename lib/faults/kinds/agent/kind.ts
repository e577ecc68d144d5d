import { z } from "zod";
import type { AgentFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { kubernetesNameSchema } from "../selector/kind.ts";

/**
 * A node with this label gets no agent: every CNI's DaemonSet asks for nodes without it (clusters/cni/). Its value is the fault's id. The kubelet's own credentials
 * are enough: a node may label itself, but for the prefixes of kubernetes.io.
 */
export const AGENT_GONE_LABEL = "faultline/agent-gone";

/** $1 label, $2 namespace, $3 selector. `value` prints the label; `agents` a line for each of the agent's pods on this node: name and whether it is Ready. */
const LOOK = `${GUARD}set -eu
label=$1 namespace=$2 selector=$3
node=$(hostname)
kube() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout "$((8 * patience))s" "$@"; }
value() { kube get node "$node" -o "jsonpath={.metadata.labels['$(printf "%s" "$label" | sed "s/\\\\./\\\\\\\\./g")']}"; }
agents() {
  kube -n "$namespace" get pods -l "$selector" --field-selector "spec.nodeName=$node" \\
    -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
}
uptime_s() { read -r up _ </proc/uptime; echo "\${up%.*}"; }
# Until the command of $2 prints a line that matches $3, or nothing where that is empty; for $1 seconds at most, which leaves a step its time.
until_says() {
  deadline=$(($(uptime_s) + $1))
  while [ "$(uptime_s)" -lt "$deadline" ]; do
    said=$($2)
    if [ -z "$3" ]; then [ -z "$said" ] && return; elif printf "%s\\n" "$said" | grep -q "$3"; then return; fi
    sleep 0.3
  done
}`;

const CAPTURE = `${LOOK}
printf "%s\\n" "$(value)"
agents`;

/** $4 id. */
const APPLY = `${LOOK}
kube label node "$node" "$label=$4" --overwrite >&2
until_says 9 agents ""`;

const READ_BACK = `${LOOK}
printf "%s\\n" "$(value)"
kube get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}{"\\n"}'
agents`;

/** The agent is asked for again, and waited for: what comes next shall find it. */
const UNDO = `${LOOK}
now=$(value)
if [ -z "$now" ]; then echo nothing-to-undo; exit; fi
if [ "$now" != "$4" ]; then echo "changed-by-other label $label is $now"; exit; fi
kube label node "$node" "$label-" >&2
until_says 9 agents " True$"
echo undone`;

const VERIFY = `${LOOK}
now=$(value)
if [ "$now" = "$4" ]; then echo "still-in-force label $label"; exit; fi
if [ -n "$now" ]; then echo "changed-by-other label $label is $now"; exit; fi
until_says 10 agents " True$"
said=$(agents)
case "$said " in *" True "*) echo clean ;; *) echo "still-in-force the agent is not Ready again: \${said:-no pod}" ;; esac`;

function args({ namespace, selector }: AgentFault, ...more: readonly string[]): readonly string[] {
  return [AGENT_GONE_LABEL, namespace, selector, ...more];
}

/** The agent's pods leave the node, by a label that its DaemonSet avoids; undone by taking the label off, and verified when the agent is Ready again. */
export const agentKind: FaultKind<AgentFault, null> = {
  kind: "agent",
  scope: "cluster",
  schema: z.strictObject({
    kind: z.literal("agent"),
    namespace: kubernetesNameSchema,
    selector: z.string().regex(/^[a-z0-9][a-z0-9./-]{0,100}=[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, "must be label=value"),
  }),
  priorSchema: z.null(),
  validate: nothingMore,
  claims: () => [`label ${AGENT_GONE_LABEL}`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault) }),
  captured({ namespace, selector }, stdout) {
    const [label = "", ...agents] = stdout.trimEnd().split("\n");
    if (label !== "")
      throw new FaultNotInForce(`the node carries our label already (${label})`, "run ./faultline heal");
    if (agents.some((line) => line.endsWith(" True"))) return null;
    const are = agents.join("; ") || "none";
    throw new FaultNotInForce(
      `no agent of ${namespace} ${selector} is Ready on the node (there: ${are})`,
      "the CNI's traits name its agent: see clusters/cni/",
    );
  },
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: args(fault, id) }),
  readBack: (fault) => ({ script: READ_BACK, args: args(fault) }),
  readBackSaid({ namespace, selector }, stdout) {
    const [label = "", ready = "", ...agents] = stdout.trimEnd().split("\n");
    const node = `node Ready=${ready}`;
    if (label === "") return { inForce: false, detail: `the label is gone; ${node}` };
    if (agents.length > 0) return { inForce: false, detail: `there still is ${agents.join(", ")}; ${node}` };
    return { inForce: true, detail: `no pod of ${namespace} ${selector} on the node; ${node}` };
  },
  undo: (fault, _prior, id) => ({ script: UNDO, args: args(fault, id) }),
  verifyUndone: (fault, _prior, id) => ({ script: VERIFY, args: args(fault, id) }),
};
