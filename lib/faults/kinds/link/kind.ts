import { readFileSync } from "node:fs";
import { z } from "zod";
import type { LinkFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { canBeGivenBack, isMac, isNeighbour, MOST_BYTES, staysAway, whatGoes } from "./lines.ts";
import { FaultNotInForce, GuardError } from "../../contract/refused.ts";
import { ROUTE_PROTOCOL } from "../route/kind.ts";
import { deviceSchema } from "../../contract/values.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const BOUNCE = `${APPLY}${script("apply-bounced")}`;
const READDRESS = `${COMMON}${script("apply-readdressed")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const READ_BACK_BOUNCED = `${COMMON}${script("read-back-bounced")}`;
const READ_BACK_READDRESSED = `${COMMON}${script("read-back-readdressed")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const IN_FORCE = {
  down: "is down",
  bounced: "was down and is up, and what went with it stays away",
  readdressed: "has our MAC address",
};

function args({ device }: LinkFault, id: string): readonly [string, string] {
  return [device, `faultline-${id}`];
}

/** What goes with a link in this state. Of a MAC address only the neighbours do, which are told by it; of the others it stays. */
function goes({ device, state }: LinkFault, stdout: string): readonly string[] {
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

/**
 * A network device set down. With a link that goes down the kernel throws away its routes, permanent and proxy neighbours, IPv6 addresses and IPv6 MTU; VXLAN FDB
 * entries it keeps when they are permanent (6.18). All that is captured, and given back when the link is set up again: measured, and
 * net/ipv4/fib_frontend.c, net/ipv6/addrconf.c, net/core/neighbour.c, drivers/net/vxlan. What somebody else has put in the place of a line meanwhile
 * is left and named; what cannot be given back (addresses from a router, next-hop objects, several next hops, VLANs) is refused before anything is done.
 * Bounced, it is set up again at once, and is like a device that was down for a moment: the kernel brings back only what it makes itself, until undo gives back the rest.
 * Readdressed, it stays up: with its MAC address go all its neighbours, the permanent ones too (neigh_changeaddr in net/core/neighbour.c).
 * The device's alias carries our mark; connection tracking entries that masquerading made over the device are gone for good.
 */
export const linkKind: FaultKind<LinkFault, readonly string[]> = {
  kind: "link",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("link"),
    device: deviceSchema,
    state: z.enum(["down", "bounced", "readdressed"]),
  }),
  priorSchema: z
    .array(z.string().max(512).refine(canBeGivenBack, "must be a line of what goes with a link"))
    .refine((lines) => Buffer.byteLength(lines.join("\n")) <= MOST_BYTES, `must be ${MOST_BYTES} bytes in all at most`),
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
  captured: goes,
  priorInPlan: () => ["<what goes with the link, a line each>"],
  apply: (fault, _prior, id) => ({
    script: { down: APPLY, bounced: BOUNCE, readdressed: READDRESS }[fault.state],
    args: args(fault, id),
  }),
  readBack: (fault, prior, id) => ({
    script: { down: READ_BACK, bounced: READ_BACK_BOUNCED, readdressed: READ_BACK_READDRESSED }[fault.state],
    args: [...args(fault, id), ...(fault.state === "bounced" ? prior.filter(staysAway) : [])],
  }),
  readBackSaid({ device, state }, stdout) {
    const said = stdout.trim();
    const inForce = said === state;
    return { inForce, detail: `${device} ${inForce ? IN_FORCE[state] : `is ${said}`}` };
  },
  undo: (fault, prior, id) => ({ script: UNDO, args: [...args(fault, id), ROUTE_PROTOCOL, ...prior] }),
  verifyUndone: (fault, prior, id) => ({ script: VERIFY, args: [...args(fault, id), ...prior] }),
};
