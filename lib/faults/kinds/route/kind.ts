import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { ROUTE_PROTOCOL } from "../../contract/marks.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { deviceSchema, network, networkSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${GUARD}${script("capture")}`;
const APPLY = `${GUARD}${script("apply")}`;
const READ_BACK = `${GUARD}${script("read-back")}`;
const UNDO = `${GUARD}${script("undo")}`;
const VERIFY = `${GUARD}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("route"),
  type: z.enum(["unicast", "blackhole", "unreachable"]),
  /** CIDR or address. */
  to: networkSchema,
  /** For unicast: on-link by this device. */
  device: deviceSchema.exactOptional(),
});

/** Adds a route to the main table. */
export type RouteFault = Readonly<z.output<typeof schema>>;

/** Marked by its protocol number; undone by deleting the route with that mark. */
const routeKind: FaultKind<RouteFault, null> = {
  kind: "route",
  schema,
  priorSchema: z.null(),
  describe: ({ type, to, device }) => `route ${type} ${to}${device === undefined ? "" : ` dev ${device}`}`,
  steps(fault) {
    const [family, to, protocol, type, ...onLink] = args(fault);
    const exact = `ip ${family} route show table main exact ${to} type ${type} proto ${protocol}`;
    const route = [type, to, ...onLink, "proto", protocol].join(" ");
    return {
      apply: [`ip ${family} route add ${route}`],
      readBack: [exact],
      undo: [`ip ${family} route del ${route}`],
      verify: [`${exact}  # prints nothing`],
    };
  },
  scope: () => "namespace",
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
    const routes = stdout.trim();
    if (routes === "") return null;
    throw new FaultNotInForce(
      `route to ${to} is there already: ${routes}`,
      `choose a longer prefix, or run ./faultline heal if it is of proto ${ROUTE_PROTOCOL}`,
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
export default routeKind;

function args({ to, type, device }: RouteFault): readonly string[] {
  const { family, cidr } = network(to);
  const onLink = device === undefined ? [] : family === 4 ? ["dev", device, "scope", "link"] : ["dev", device];
  return [`-${family}`, cidr, ROUTE_PROTOCOL, type, ...onLink];
}

/** Adds a route on a node. */
export function route(node: NodeRole, spec: Omit<RouteFault, "kind">): NodeFaultOf<RouteFault> {
  return { node, fault: { kind: "route", ...spec } };
}
