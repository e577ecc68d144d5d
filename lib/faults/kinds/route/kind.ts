import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { RouteFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { deviceSchema, network, networkSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${GUARD}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${GUARD}${script("undo")}`;
const VERIFY = `${GUARD}${script("verify")}`;

/** Our mark on a route (rtnetlink's rtm_protocol). 201 is in no rt_protos of iproute2, FRR or the CNIs; undo deletes by it. */
export const ROUTE_PROTOCOL = "201";

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
