import { readFileSync } from "node:fs";
import { z } from "zod";
import type { AgentFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { kubernetesNameSchema } from "../selector/kind.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

/**
 * A node with this label gets no agent: every CNI's DaemonSet asks for nodes without it (clusters/cni/). Its value is the fault's id. The kubelet's own credentials
 * are enough: a node may label itself, but for the prefixes of kubernetes.io.
 */
export const AGENT_GONE_LABEL = "faultline/agent-gone";

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
