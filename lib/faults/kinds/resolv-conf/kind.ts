import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { addressSchema } from "../../contract/values.ts";
import { PODS_RESOLV_CONF, renderResolvConf } from "./file.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

/** Characters of base64: 6 KiB of content. */
const MAX_BASE64 = 8192;

const schema = z.strictObject({
  kind: z.literal("resolv-conf"),
  nameservers: z.array(addressSchema).min(1).max(3).readonly(),
});
/** Base64, because a journal line holds text and the file may hold any bytes. */
const priorSchema = z.strictObject({ contentBase64: z.base64().max(MAX_BASE64) });

/** Writes these nameservers to the file that the kubelet gives to pods, and replaces the node's CoreDNS pods. */
export type ResolvConfFault = Readonly<z.output<typeof schema>>;
type ResolvConfPrior = Readonly<z.output<typeof priorSchema>>;

/**
 * The resolver that the node's CoreDNS forwards to. Undone by putting the file back and replacing CoreDNS's pods again.
 */
const resolvConfKind: FaultKind<ResolvConfFault, ResolvConfPrior> = {
  kind: "resolv-conf",
  schema,
  priorSchema,
  describe: ({ nameservers }) => `pods' resolv.conf = ${nameservers.join(", ")}`,
  steps({ nameservers }) {
    const renew = "kubectl -n kube-system delete pod -l k8s-app=kube-dns  # those on the node";
    return {
      apply: [`write to ${PODS_RESOLV_CONF}: nameserver ${nameservers.join(", nameserver ")}`, renew],
      readBack: [`cat ${PODS_RESOLV_CONF}`],
      undo: [`put back ${PODS_RESOLV_CONF} as it was before  # only while it is ours`, renew],
      verify: [`cat ${PODS_RESOLV_CONF}  # as it was before`],
    };
  },
  scope: () => "node",
  validate: nothingMore,
  claims: () => ["pods-resolv.conf"],
  capture: () => ({ script: CAPTURE, args: [PODS_RESOLV_CONF] }),
  captured(_fault, stdout) {
    const contentBase64 = stdout.trim();
    if (contentBase64.length > MAX_BASE64) {
      throw new FaultNotInForce(
        `${PODS_RESOLV_CONF} is longer than 6 KiB`,
        "look at the node image: this is no resolv.conf",
      );
    }
    return { contentBase64 };
  },
  priorInPlan: () => ({ contentBase64: "<content read before>" }),
  apply: (fault, _prior, id) => ({ script: APPLY, args: args(fault, id) }),
  readBack: (fault, _prior, id) => ({ script: READ_BACK, args: args(fault, id).slice(0, 2) }),
  readBackSaid(fault, stdout) {
    const now = stdout.trim();
    const inForce = now === Buffer.from(renderResolvConf(fault)).toString("base64");
    const content = now === "absent" ? "not marked as ours" : Buffer.from(now, "base64").toString().trim();
    return { inForce, detail: `${PODS_RESOLV_CONF}: ${content.replaceAll("\n", ", ")}` };
  },
  undo: (fault, prior, id) => ({ script: UNDO, args: [...args(fault, id), prior.contentBase64] }),
  verifyUndone: (fault, prior, id) => ({ script: VERIFY, args: [...args(fault, id), prior.contentBase64] }),
};
export default resolvConfKind;

function args(fault: ResolvConfFault, id: string): readonly string[] {
  const content = Buffer.from(renderResolvConf(fault)).toString("base64");
  return [PODS_RESOLV_CONF, `${PODS_RESOLV_CONF}.fl-${id}`, content];
}

/** Gives a node's CoreDNS pods a resolver with these nameservers. */
export function podsResolver(node: NodeRole, ...nameservers: readonly string[]): NodeFaultOf<ResolvConfFault> {
  return { node, fault: { kind: "resolv-conf", nameservers } };
}
