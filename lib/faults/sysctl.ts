import { z } from "zod";
import type { SysctlFault } from "./fault.ts";
import { GUARD } from "./guard-script.ts";
import type { FaultKind } from "./kind.ts";
import { FaultNotInForce, GuardError } from "./refused.ts";

/** `alongside`: values that the kernel changes by itself when the key is written, `path=value` each, as they were before. */
interface SysctlPrior {
  readonly value: string;
  readonly alongside: readonly string[];
}

/**
 * Keys that are one value for the whole machine although they can be read in a node's namespace, or whose write is an action and not a value.
 * Source: kernel Documentation/networking/{nf_conntrack-sysctl,ip-sysctl}.rst, net/core/neighbour.c, net/core/sysctl_net_core.c (6.18).
 */
const HOST_WIDE: readonly RegExp[] = [
  /^net\.(netfilter\.)?nf_conntrack_(max|buckets|expect_max)$/,
  /^net\.netfilter\.nf_log_all_netns$/,
  /^net\.ipv[46]\.neigh\..*\.gc_(thresh[0-9]+|interval|stale_time)$/,
  /^net\.ipv4\.(tcp_mem|udp_mem|tcp_max_orphans|tcp_allowed_congestion_control|inet_peer_.*|ipfrag_secret_interval)$/,
  /^net\.ipv[46]\.route\.(gc_.*|max_size|error_.*|redirect_.*)$/,
  /^net\.core\.(?!(somaxconn|optmem_max|txrehash|xfrm_.*)$)/,
  /\.flush$/,
];

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

/** One value in several guises: writing any of them writes or hides the others. */
const SWITCHES: readonly (readonly [RegExp, string])[] = [
  [/^net\/ipv4\/(ip_forward|conf\/[^/]+\/forwarding|conf\/all\/accept_redirects)$/, "net/ipv4/forwarding"],
  [/^net\/ipv6\/conf\/[^/]+\/(forwarding|disable_ipv6)$/, "net/ipv6/$1"],
  [/^net\/(ipv[46])\/(conf|neigh)\/[^/]+\/([^/]+)$/, "net/$1/$2/$3"],
];

/** The claim of a key: a device's value and those of `all` and `default` depend on each other, so they are one. */
function switchOf(path: string): string {
  const found = SWITCHES.find(([pattern]) => pattern.test(path));
  return found ? path.replace(...found) : path;
}

const NORM = 'norm() { tr -s "[:space:]" " " <"$1" | sed "s/ $//"; }';

/**
 * Writing ip_forward also writes every device's forwarding and all/accept_redirects (inet_forward_change in net/ipv4/devinet.c); the v6
 * switches do the like. These are what putting the key back would not bring back.
 */
const CAPTURE = `${GUARD}set -eu
cd /proc/sys
${NORM}
printf "%s\\n" "$(norm "$1")"
case "$1" in
net/ipv4/ip_forward | net/ipv4/conf/all/forwarding) set -- net/ipv4/conf/*/forwarding net/ipv4/conf/all/accept_redirects ;;
net/ipv6/conf/all/forwarding) set -- net/ipv6/conf/*/forwarding ;;
net/ipv6/conf/all/disable_ipv6) set -- net/ipv6/conf/*/disable_ipv6 ;;
*) set -- ;;
esac
for path; do
  case "$path" in */all/forwarding | */all/disable_ipv6) ;; *) printf "%s=%s\\n" "$path" "$(norm "$path")" ;; esac
done`;

const APPLY = `${GUARD}set -eu
cd /proc/sys
printf "%s\\n" "$2" >"$1"`;

const READ_BACK = `${GUARD}set -eu
cd /proc/sys
${NORM}
norm "$1"`;

/** $1 path, $2 what we wrote, $3 what was there, then what changed alongside. A device may have gone meanwhile. */
const UNDO = `${GUARD}set -eu
cd /proc/sys
${NORM}
now=$(norm "$1")
if [ "$now" = "$3" ]; then said=nothing-to-undo
elif [ "$now" = "$2" ]; then printf "%s\\n" "$3" >"$1"; said=undone
else echo "changed-by-other $now"; exit 0
fi
shift 3
for pair; do
  path=\${pair%%=*} value=\${pair#*=}
  if [ -e "$path" ] && [ "$(norm "$path")" != "$value" ]; then printf "%s\\n" "$value" >"$path"; said=undone; fi
done
echo "$said"`;

const VERIFY = `${GUARD}set -eu
cd /proc/sys
${NORM}
now=$(norm "$1")
if [ "$now" = "$3" ]; then echo clean
elif [ "$now" = "$2" ]; then echo "still-in-force $1 = $now"
else echo "changed-by-other $now"
fi`;

const valueSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_.:-]+( [a-zA-Z0-9_.:-]+){0,7}$/, "must be up to 8 words of letters, digits, _ . : -")
  .max(64);

/** A sysctl of the node's network namespace; put back only if it still holds what we wrote. */
export const sysctlKind: FaultKind<SysctlFault, SysctlPrior> = {
  kind: "sysctl",
  scope: "namespace",
  schema: z.strictObject({ kind: z.literal("sysctl"), key: z.string().max(128), value: valueSchema }),
  priorSchema: z.strictObject({
    value: z.string().max(256),
    alongside: z.array(
      z.string().regex(/^net\/ipv[46]\/conf\/[^/=\s]+\/(forwarding|accept_redirects|disable_ipv6)=\d+$/),
    ),
  }),
  validate({ key }) {
    const path = sysctlPath(key);
    const parts = path.split("/");
    if (!/^net\.[a-z0-9_.\/-]+$/.test(key) || parts.some((part) => /^\.*$/.test(part))) {
      throw new GuardError(
        `sysctl key "${key}" is not of the form net.…`,
        "name a key of the network namespace, such as net.ipv4.ip_forward",
      );
    }
    if (isHostWide(key)) {
      throw new GuardError(
        `sysctl ${key} is the whole machine's, not one node's`,
        "choose a key that each network namespace has for itself",
      );
    }
  },
  claims: ({ key }) => [`sysctl ${switchOf(sysctlPath(key))}`],
  capture: ({ key }) => ({ script: CAPTURE, args: [sysctlPath(key)] }),
  captured({ key }, stdout) {
    const [value = "", ...alongside] = stdout.trimEnd().split("\n");
    if (value === "")
      throw new FaultNotInForce(`sysctl ${key} has no value to put back`, "name a key that holds a value");
    return { value, alongside };
  },
  priorInPlan: () => ({ value: "<value read before>", alongside: [] }),
  apply: ({ key, value }) => ({ script: APPLY, args: [sysctlPath(key), value] }),
  readBack: ({ key }) => ({ script: READ_BACK, args: [sysctlPath(key)] }),
  readBackSaid: ({ key, value }, stdout) => ({ inForce: stdout.trim() === value, detail: `${key} = ${stdout.trim()}` }),
  undo: ({ key, value }, prior) => ({ script: UNDO, args: [sysctlPath(key), value, prior.value, ...prior.alongside] }),
  verifyUndone: ({ key, value }, prior) => ({ script: VERIFY, args: [sysctlPath(key), value, prior.value] }),
};
