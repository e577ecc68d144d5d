import type { ResolvConfFault } from "./kind.ts";

/** The file that the kubelet gives to pods; clusters/image/rootfs/etc/default/kubelet names the same. */
export const PODS_RESOLV_CONF = "/etc/faultline/pods-resolv.conf";

/** Returns the file's content under the fault. */
export function renderResolvConf({ nameservers }: Pick<ResolvConfFault, "nameservers">): string {
  return nameservers.map((address) => `nameserver ${address}\n`).join("");
}
