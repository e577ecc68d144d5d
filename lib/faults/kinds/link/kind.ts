import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { markOf, ROUTE_PROTOCOL } from "../../contract/marks.ts";
import { FaultNotInForce, GuardError } from "../../contract/refused.ts";
import { deviceSchema } from "../../contract/values.ts";
import { canBeGivenBack, isMac, isNeighbour, MAX_BYTES, staysAway, whatGoes } from "./lines.ts";
import { steps } from "./steps.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const APPLY_BOUNCED = `${APPLY}${script("apply-bounced")}`;
const APPLY_READDRESSED = `${COMMON}${script("apply-readdressed")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const READ_BACK_BOUNCED = `${COMMON}${script("read-back-bounced")}`;
const READ_BACK_READDRESSED = `${COMMON}${script("read-back-readdressed")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("link"),
  device: deviceSchema,
  /**
   * `down`; `bounced`: down and up again, without what the kernel removed meanwhile; `readdressed`: up, with another
   * MAC address.
   */
  state: z.enum(["down", "bounced", "readdressed"]),
});

/** The lines that went with the link. */
const priorSchema = z
  .array(z.string().max(512).refine(canBeGivenBack, "must be a line of what goes with a link"))
  .readonly()
  .refine((lines) => Buffer.byteLength(lines.join("\n")) <= MAX_BYTES, `must be ${MAX_BYTES} bytes in all at most`);

/** Changes the state of a network device. */
export type LinkFault = Readonly<z.output<typeof schema>>;
export type LinkPrior = z.output<typeof priorSchema>;

const DETAIL = {
  down: "is down",
  bounced: "was down and is up, and what went with it stays away",
  readdressed: "has our MAC address",
};

/**
 * When a link goes down, the kernel removes its routes, permanent and proxy neighbours, IPv6 addresses and IPv6 MTU; it
 * keeps permanent VXLAN FDB entries (6.18). The capture reads all of that, and undo gives it back once the link is up.
 * Measured; also net/ipv4/fib_frontend.c, net/ipv6/addrconf.c, net/core/neighbour.c, drivers/net/vxlan.
 * Undo leaves and names whatever someone else has put in the place of a line meanwhile. A link is refused, before
 * anything is done, for what could not be given back: addresses from a router, next-hop objects, several next hops,
 * VLANs. A bounced link is up again at once, like a device that was down for a moment: until undo the kernel brings
 * back only what it makes itself. A readdressed link stays up and loses all its neighbours, the permanent ones too
 * (neigh_changeaddr in net/core/neighbour.c).
 * The device's alias carries our mark. Connection tracking entries that masquerading made over the device are lost.
 */
const linkKind: FaultKind<LinkFault, LinkPrior> = {
  kind: "link",
  schema,
  priorSchema,
  describe: ({ device, state }) => `link ${device} ${state}`,
  steps,
  scope: () => "namespace",
  validate({ device }) {
    if (device === "lo") {
      throw new GuardError(
        "device lo carries the node's own agents",
        "choose a device that leads somewhere, such as the overlay's",
      );
    }
  },
  claims: ({ device }) => [`link ${device}`],
  capture: ({ device }) => ({ script: CAPTURE, args: [device] }),
  captured,
  priorInPlan: () => ["<what goes with the link, a line each>"],
  apply: (fault, _prior, id) => ({
    script: { down: APPLY, bounced: APPLY_BOUNCED, readdressed: APPLY_READDRESSED }[fault.state],
    args: args(fault, id),
  }),
  readBack: (fault, prior, id) => ({
    script: { down: READ_BACK, bounced: READ_BACK_BOUNCED, readdressed: READ_BACK_READDRESSED }[fault.state],
    args: [...args(fault, id), ...(fault.state === "bounced" ? prior.filter(staysAway) : [])],
  }),
  readBackSaid({ device, state }, stdout) {
    const said = stdout.trim();
    const inForce = said === state;
    return { inForce, detail: `${device} ${inForce ? DETAIL[state] : `is ${said}`}` };
  },
  undo: (fault, prior, id) => ({ script: UNDO, args: [...args(fault, id), ROUTE_PROTOCOL, ...prior] }),
  verifyUndone: (fault, prior, id) => ({ script: VERIFY, args: [...args(fault, id), ...prior] }),
};
export default linkKind;

function args({ device }: LinkFault, id: string): readonly [string, string] {
  return [device, markOf(id)];
}

/**
 * Returns what goes with the link in this state: with a MAC address its neighbours alone, in the other states all else.
 */
function captured({ device, state }: LinkFault, stdout: string): LinkPrior {
  const lines = whatGoes(device, stdout, ROUTE_PROTOCOL);
  if (state === "readdressed") {
    if (lines.some(isMac)) return lines.filter((line) => isMac(line) || isNeighbour(line));
    throw new FaultNotInForce(`link ${device} has no MAC address`, "choose an Ethernet device, such as a VXLAN one");
  }
  const others = lines.filter((line) => !isMac(line));
  if (state === "down" || others.some(staysAway)) return others;
  throw new FaultNotInForce(
    `link ${device}: all that goes with it the kernel brings back by itself, so that bouncing it would break nothing`,
    "choose a device that has routes or permanent neighbours of an agent, such as the overlay's",
  );
}

/** Sets a network device down on a node. */
export function linkDown(node: NodeRole, device: string): NodeFaultOf<LinkFault> {
  return { node, fault: { kind: "link", device, state: "down" } };
}

/** Sets a network device down on a node, and up again: routes and neighbours that an agent had added stay away. */
export function linkBounced(node: NodeRole, device: string): NodeFaultOf<LinkFault> {
  return { node, fault: { kind: "link", device, state: "bounced" } };
}

/** Gives a network device of a node another MAC address. */
export function linkReaddressed(node: NodeRole, device: string): NodeFaultOf<LinkFault> {
  return { node, fault: { kind: "link", device, state: "readdressed" } };
}
