import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { RouteFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { deviceSchema, network, networkSchema } from "../../contract/values.ts";

/** Our mark on a route (rtnetlink's rtm_protocol). 201 is in no rt_protos of iproute2, FRR or the CNIs; undo deletes by it. */
export const ROUTE_PROTOCOL = "201";

const CAPTURE = `${GUARD}set -eu
ip "$1" route show table main exact "$2"`;

/** $1 -4 or -6, $2 CIDR, $3 our protocol, then the route's type and device as ip(8) wants them. */
const APPLY = `${GUARD}set -eu
family=$1 to=$2 protocol=$3 type=$4
shift 4
there=$(ip "$family" route show table main exact "$to" type "$type" proto "$protocol")
if [ -n "$there" ]; then exit 0; fi
ip "$family" route add "$type" "$to" "$@" table main proto "$protocol"`;

const READ_BACK = `${GUARD}set -eu
ip "$1" route show table main exact "$2" type "$4" proto "$3"`;

const UNDO = `${GUARD}set -eu
family=$1 to=$2 protocol=$3 type=$4
shift 4
there=$(ip "$family" route show table main exact "$to" type "$type" proto "$protocol")
if [ -z "$there" ]; then echo nothing-to-undo; exit 0; fi
ip "$family" route del "$type" "$to" "$@" table main proto "$protocol"
echo undone`;

const VERIFY = `${GUARD}set -eu
left=$(ip "$1" route show table main exact "$2" type "$4" proto "$3")
if [ -z "$left" ]; then echo clean; else echo "still-in-force $left"; fi`;

function args({ to, type, device }: RouteFault): readonly string[] {
  const { family, cidr } = network(to);
  const onLink = device === undefined ? [] : family === 4 ? ["dev", device, "scope", "link"] : ["dev", device];
  return [`-${family}`, cidr, ROUTE_PROTOCOL, type, ...onLink];
}

/** A route in the main table, marked as ours by its protocol number; undone by deleting what carries that mark. */
export const routeKind: FaultKind<RouteFault, null> = {
  kind: "route",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("route"),
    type: z.enum(["unicast", "blackhole", "unreachable"]),
    to: networkSchema,
    device: deviceSchema.exactOptional(),
  }),
  priorSchema: z.null(),
  validate({ type, device, to }) {
    if ((type === "unicast") !== (device !== undefined)) {
      throw new UsageError(
        `fault route ${type} ${to}: a device goes with unicast and with nothing else`,
        'for example { type: "unicast", to, device: "eth0" }',
      );
    }
  },
  claims: ({ to }) => [`route ${network(to).cidr}`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault).slice(0, 2) }),
  captured({ to }, stdout) {
    const there = stdout.trim();
    if (there === "") return null;
    throw new FaultNotInForce(
      `route to ${to} is there already: ${there}`,
      "choose a longer prefix, or run ./faultline heal if it is of proto 201",
    );
  },
  priorInPlan: () => null,
  apply: (fault) => ({ script: APPLY, args: args(fault) }),
  readBack: (fault) => ({ script: READ_BACK, args: args(fault).slice(0, 4) }),
  readBackSaid({ to }, stdout) {
    const line = stdout.trim();
    return line === "" ? { inForce: false, detail: `no route of ours to ${to}` } : { inForce: true, detail: line };
  },
  undo: (fault) => ({ script: UNDO, args: args(fault) }),
  verifyUndone: (fault) => ({ script: VERIFY, args: args(fault).slice(0, 4) }),
};
