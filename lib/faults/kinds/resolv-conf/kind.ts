import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ResolvConfFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { addressSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

/** The file the kubelet gives to pods; clusters/image/rootfs/etc/default/kubelet names the same. */
export const PODS_RESOLV_CONF = "/etc/faultline/pods-resolv.conf";

/** What was in the file, as base64: a journal line holds data, whatever its bytes. */
interface ResolvConfPrior {
  readonly contentBase64: string;
}

/** The file as the fault wants it. */
export function renderResolvConf({ nameservers }: ResolvConfFault): string {
  return nameservers.map((address) => `nameserver ${address}\n`).join("");
}

function args(fault: ResolvConfFault, id: string): readonly string[] {
  const content = Buffer.from(renderResolvConf(fault)).toString("base64");
  return [PODS_RESOLV_CONF, `${PODS_RESOLV_CONF}.fl-${id}`, content];
}

/** The resolver that the node's CoreDNS forwards to; undone by putting the file back and making CoreDNS's pods anew once more. */
export const resolvConfKind: FaultKind<ResolvConfFault, ResolvConfPrior> = {
  kind: "resolv-conf",
  scope: "node",
  schema: z.strictObject({ kind: z.literal("resolv-conf"), nameservers: z.array(addressSchema).min(1).max(3) }),
  priorSchema: z.strictObject({ contentBase64: z.base64().max(8192) }),
  validate: nothingMore,
  claims: () => ["pods-resolv.conf"],
  capture: () => ({ script: CAPTURE, args: [PODS_RESOLV_CONF] }),
  captured(_fault, stdout) {
    const contentBase64 = stdout.trim();
    if (contentBase64.length > 8192) {
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
