import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { kubernetesNameSchema } from "../../contract/kubernetes-values.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { AGENT_GONE_LABEL } from "./label.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("agent"),
  namespace: kubernetesNameSchema,
  /** Selects the agent's pods: `app=flannel`. */
  selector: z.string().regex(/^[a-z0-9][a-z0-9./-]{0,100}=[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, "must be label=value"),
});

/** Removes the CNI's agent from the node: its pods there end, and none is started. */
export type AgentFault = Readonly<z.output<typeof schema>>;

/**
 * Labels the node with a label that the agent's DaemonSet avoids. Undone when the label is off and the agent is Ready
 * again.
 */
const agentKind: FaultKind<AgentFault, null> = {
  kind: "agent",
  schema,
  priorSchema: z.null(),
  describe: ({ namespace, selector }) => `agent ${namespace}/${selector} gone`,
  steps({ namespace, selector }, _prior, id) {
    const pods = `kubectl -n ${namespace} get pods -l ${selector}`;
    return {
      apply: [
        `kubectl label node <node> ${AGENT_GONE_LABEL}=${id} --overwrite`,
        `${pods}  # until none is on the node`,
      ],
      readBack: [`${pods}  # none is on the node`],
      undo: [
        `kubectl label node <node> ${AGENT_GONE_LABEL}-  # only while it is ${id}`,
        `${pods}  # until one on the node is Ready`,
      ],
      verify: [`${pods}  # one on the node is Ready`],
    };
  },
  scope: () => "cluster",
  validate: nothingMore,
  claims: () => [`label ${AGENT_GONE_LABEL}`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault) }),
  captured({ namespace, selector }, stdout) {
    const [label = "", ...agents] = stdout.trimEnd().split("\n");
    if (label !== "")
      throw new FaultNotInForce(`the node carries our label already (${label})`, "run ./faultline heal");
    if (agents.some((line) => line.endsWith(" True"))) return null;
    const pods = agents.join("; ") || "none";
    throw new FaultNotInForce(
      `no agent of ${namespace} ${selector} is Ready on the node (pods there: ${pods})`,
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
export default agentKind;

function args({ namespace, selector }: AgentFault, ...more: readonly string[]): readonly string[] {
  return [AGENT_GONE_LABEL, namespace, selector, ...more];
}

/** Removes the CNI's agent from a node. */
export function agentGone(node: NodeRole, agent: Omit<AgentFault, "kind">): NodeFaultOf<AgentFault> {
  return { node, fault: { kind: "agent", ...agent } };
}
