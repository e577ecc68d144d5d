import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SysctlFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce, GuardError } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const WITH_OURS = `${COMMON}${script("ours")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${WITH_OURS}${script("undo")}`;
const VERIFY = `${WITH_OURS}${script("verify")}`;

/** `alongside`: values that the kernel may change by itself when the key is written, `path=value` each, as they were before. */
interface SysctlPrior {
  readonly value: string;
  readonly alongside: readonly string[];
}

/**
 * Keys that are one value for the whole machine although they can be read in a node's namespace, or whose write is an action and not a value.
 * Source: kernel Documentation/networking/{nf_conntrack-sysctl,ip-sysctl}.rst, net/core/{neighbour,sysctl_net_core}.c, net/netfilter/nf_hooks_lwtunnel.c (6.18).
 */
const HOST_WIDE: readonly RegExp[] = [
  /^net\.(netfilter\.)?nf_conntrack_(max|buckets|expect_max)$/,
  /^net\.netfilter\.(nf_log_all_netns|nf_hooks_lwtunnel)$/,
  /^net\.ipv[46]\.neigh\.(default\.|.*\.gc_(thresh[0-9]+|interval|stale_time)$)/,
  /^net\.ipv4\.(tcp_mem|udp_mem|tcp_max_orphans|tcp_allowed_congestion_control|inet_peer_.*|ipfrag_secret_interval)$/,
  /^net\.ipv[46]\.route\.(gc_.*|max_size|error_.*|redirect_.*)$/,
  /^net\.core\.(?!(somaxconn|optmem_max|txrehash|xfrm_.*)$)/,
  /\.flush$/,
];

/**
 * Keys whose write does more than hold a value, and no write takes that back: addresses are removed with their routes and neighbours, or made
 * (addrconf_disable_ipv6, addrconf_sysctl_addr_gen_mode, addrconf_sysctl_stable_secret in net/ipv6/addrconf.c), or every route of every address is given
 * the one value (addrconf_sysctl_disable_policy).
 */
const MORE_THAN_A_VALUE = /^net\/ipv6\/conf\/([^/]+\/(disable_ipv6|addr_gen_mode|stable_secret)|all\/disable_policy)$/;

/** Views of another key in a coarser unit, through which its value cannot be put back. Source: neigh_sysctl_table in net/core/neighbour.c (6.18). */
const COARSER_VIEW = /^net[./]ipv[46][./]neigh[./].+[./](unres_qlen|retrans_time|base_reachable_time)$/;

/** Whether a key is the machine's and not the node's, so that writing it would reach beyond the node. */
export function isHostWide(key: string): boolean {
  const dotted = key.replaceAll("/", ".");
  return HOST_WIDE.some((pattern) => pattern.test(dotted));
}

/**
 * The key's file under /proc/sys. As in sysctl(8), a `/` in a dotted key stands for a dot within a name: `net.ipv4.conf.eth0/100.rp_filter`.
 */
export function sysctlPath(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}

/** One value in several guises: writing any of them writes or hides the others. In step with what CAPTURE takes alongside. */
const SWITCHES: readonly (readonly [RegExp, string])[] = [
  [/^net\/ipv4\/(ip_forward|conf\/[^/]+\/(forwarding|accept_redirects))$/, "net/ipv4/forwarding"],
  [/^net\/(ipv[46])\/conf\/[^/]+\/([^/]+)$/, "net/$1/conf/$2"],
];

/** The claim of a key: a device's value and those of `all` and `default` depend on each other, so they are one. */
export function sysctlClaim(key: string): string {
  const path = sysctlPath(key);
  const found = SWITCHES.find(([pattern]) => pattern.test(path));
  return `sysctl ${found ? path.replace(...found) : path}`;
}

const valueSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_.:-]+( [a-zA-Z0-9_.:-]+){0,7}$/, "must be up to 8 words of letters, digits, _ . : -")
  .max(64);

/**
 * A sysctl of the node's network namespace; put back, with what the kernel changed along with it, only if it still holds what we wrote. Keys that change addresses
 * are refused (`disable_ipv6`, say): to bring those back would be the work of a link's undo, and where a device has none the fault would show nothing.
 */
export const sysctlKind: FaultKind<SysctlFault, SysctlPrior> = {
  kind: "sysctl",
  scope: "namespace",
  schema: z.strictObject({ kind: z.literal("sysctl"), key: z.string().max(128), value: valueSchema }),
  priorSchema: z.strictObject({
    value: z.string().max(256),
    alongside: z.array(z.string().regex(/^net\/ipv[46]\/conf\/[^/\s]{1,15}\/[a-z0-9_]+=-?\d+$/)),
  }),
  validate({ key }, { allowHostWide }) {
    const path = sysctlPath(key);
    const parts = path.split("/");
    if (!/^net\.[a-z0-9_.\/-]+$/.test(key) || parts.some((part) => /^\.*$/.test(part))) {
      throw new GuardError(
        `sysctl key "${key}" is not of the form net.…`,
        "name a key of the network namespace, such as net.ipv4.ip_forward",
      );
    }
    if (isHostWide(key) && !allowHostWide) {
      throw new GuardError(
        `sysctl ${key} is the whole machine's, not one node's`,
        "choose a key that each network namespace has for itself; on a machine that may be broken as a whole, --allow-host-wide (docs/cli.md)",
      );
    }
    if (MORE_THAN_A_VALUE.test(path)) {
      throw new GuardError(
        `sysctl ${key} changes addresses or routes, which writing it back does not bring back`,
        "choose another key, or a fault of kind link",
      );
    }
    if (COARSER_VIEW.test(key)) {
      throw new GuardError(
        `sysctl ${key} is another key in a coarser unit, and could not be put back exactly`,
        "name that key: it ends in _ms or _bytes",
      );
    }
  },
  claims: ({ key }) => [sysctlClaim(key)],
  capture: ({ key }) => ({ script: CAPTURE, args: [sysctlPath(key)] }),
  captured(fault, stdout) {
    const { key } = fault;
    const [value = "", ...alongside] = stdout.trimEnd().split("\n");
    if (value === "")
      throw new FaultNotInForce(`sysctl ${key} has no value to put back`, "name a key that holds a value");
    if (value === fault.value)
      throw new FaultNotInForce(
        `sysctl ${key} is ${value} already`,
        "such a fault would change nothing: name another value",
      );
    return { value, alongside };
  },
  priorInPlan: () => ({ value: "<value read before>", alongside: [] }),
  apply: ({ key, value }) => ({ script: APPLY, args: [sysctlPath(key), value] }),
  readBack: ({ key }) => ({ script: READ_BACK, args: [sysctlPath(key)] }),
  readBackSaid: ({ key, value }, stdout) => ({ inForce: stdout.trim() === value, detail: `${key} = ${stdout.trim()}` }),
  undo: ({ key, value }, prior) => ({ script: UNDO, args: undoArgs(key, value, prior) }),
  verifyUndone: ({ key, value }, prior) => ({ script: VERIFY, args: undoArgs(key, value, prior) }),
};

function undoArgs(key: string, value: string, prior: SysctlPrior): readonly string[] {
  return [sysctlPath(key), value, prior.value, ...prior.alongside];
}
