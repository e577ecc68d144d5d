import { FaultNotInForce } from "../../contract/refused.ts";

/**
 * Limit on what goes with a link: it fits in one journal line, and undo gives it back in a few seconds (some 250
 * lines).
 */
export const MAX_BYTES = 16 * 1024;

const ADDRESS = "[0-9a-fA-F:.]{2,45}";
const NETWORK = `(default|${ADDRESS}(/\\d{1,3})?)`;
const LLADDR = "[0-9a-fA-F:.]{2,95}";
const NAME = "[a-zA-Z0-9_@][a-zA-Z0-9_.@-]{0,30}";
const NUMBER = "\\d{1,10}";
/** Flags of an IPv6 address. */
const FLAGS = "( nodad| noprefixroute| home| autojoin| stable-privacy)*";

/**
 * Route attributes that `ip route add` accepts as `ip route show` prints them. Next-hop objects, several next hops,
 * lifetimes and encapsulation are not among them.
 */
const ROUTE = [
  `via (inet6 )?${ADDRESS}`,
  `(dev|table|proto|scope) ${NAME}`,
  `(src|from) ${ADDRESS}(/\\d{1,3})?`,
  `(metric|advmss|hoplimit|window|initcwnd|initrwnd) ${NUMBER}`,
  `mtu (lock )?${NUMBER}`,
  "tos [0-9a-fA-Fx]{1,4}",
  "pref (low|medium|high)",
  "onlink",
].join("|");
const SCOPE = "(global|site|link|host)";

/**
 * Lines that can be given back; a link with other lines is refused. Their words reach ip(8) and bridge(8) one by one.
 */
const LINE = new RegExp(
  `^(${[
    "mac [0-9a-f]{2}(:[0-9a-f]{2}){5}",
    `neighbour ${ADDRESS} lladdr ${LLADDR}( router| extern_learn| proto ${NAME})*`,
    `proxy ${ADDRESS}`,
    `fdb ${LLADDR}( dst ${ADDRESS}| port ${NUMBER}| vni ${NUMBER}| via ${NAME}| extern_learn)* self (permanent|static)`,
    `address ${ADDRESS}( peer ${ADDRESS})?/\\d{1,3}( proto ${NAME})? scope ${SCOPE}${FLAGS}( preferred_lft 0)?`,
    `route[46] ((unicast|local|broadcast|multicast|anycast) )?${NETWORK}( (${ROUTE}))*`,
  ].join("|")})$`,
);

/** Tells whether undo can give a line back. */
export function canBeGivenBack(line: string): boolean {
  return LINE.test(line);
}

/**
 * Tells whether a line stays away when the link comes up again, until someone gives it back. The kernel makes its own
 * routes again; it may have kept IPv6 addresses (keep_addr_on_down), and it keeps permanent VXLAN FDB entries.
 */
export function staysAway(line: string): boolean {
  return isNeighbour(line) || (isRoute(line) && !isKernels(line));
}

/**
 * Reads what capture.sh printed: the device itself, then a line for each thing that may go with it. Returns the lines
 * that do, in the order in which they are given back. Routes of `ownProtocol` are other faults of ours, with an undo of
 * their own. Throws FaultNotInForce when the device is missing, is down or has an alias, and for lines that could not
 * be given back. Pure.
 */
export function whatGoes(device: string, printed: string, ownProtocol: string): readonly string[] {
  const [link = "", ...lines] = printed.trimEnd().split("\n");
  assertUp(device, link);
  const goes = lines.filter(
    (line) => isOf(device, line) && !isItsMtu(line, link) && !hasPair(line, "proto", ownProtocol),
  );
  const lost = goes.find((line) => !canBeGivenBack(line));
  if (lost !== undefined) throw refused(device, `what goes with it could not be given back: ${lost}`);
  const untried = /[<,]NO-CARRIER[,>]/.test(link) && goes.some(isAddress);
  if (untried) throw refused(device, "it has no carrier, without which its IPv6 addresses would not come back");
  const routes = Map.groupBy(lines.filter(isRoute), placeOf);
  const double = goes.find((line) => isRoute(line) && !isKernels(line) && routes.get(placeOf(line))?.length !== 1);
  if (double !== undefined) throw refused(device, `it has one of several routes to the same place: ${double}`);
  const bytes = Buffer.byteLength(goes.join("\n"));
  if (bytes > MAX_BYTES) throw refused(device, `what goes with it is ${bytes} bytes, more than ${MAX_BYTES}`);
  return inOrder(goes);
}

function assertUp(device: string, link: string): void {
  if (link === "") throw new FaultNotInForce(`there is no device ${device} on the node`, "look at ip link on the node");
  const alias = /\\ +alias ([^\\]+)/.exec(link)?.[1];
  if (alias?.startsWith("faultline-")) throw refused(device, `it carries our mark ${alias}`, "run ./faultline heal");
  if (alias !== undefined) throw refused(device, `its alias "${alias}" is where our mark would go`);
  if (!/[<,]UP[,>]/.test(link)) throw refused(device, "it is down already", "look at ip link on the node");
}

/**
 * Tells whether a line is the device's: routes and VLANs were printed for all devices, other lines for this one alone.
 */
function isOf(device: string, line: string): boolean {
  if (isRoute(line)) return hasPair(line, "dev", device);
  return !line.startsWith("vlan ") || line.includes(`@${device}: `);
}

/** Tells whether an IPv6 MTU equals the link's: a link that comes up sets it so, whatever it was. */
function isItsMtu(line: string, link: string): boolean {
  return line.startsWith("mtu6 ") && hasPair(link, "mtu", line.slice("mtu6 ".length));
}

/** Reverses the addresses: the kernel lists the newest first, and prefers the newest of equals as a source. */
function inOrder(lines: readonly string[]): readonly string[] {
  const addresses = lines.filter(isAddress);
  return lines.map((line) => (isAddress(line) ? (addresses.pop() ?? line) : line));
}

/** Returns what the kernel tells routes apart by: it refuses the second of two routes that are equal in this. */
function placeOf(route: string): string {
  const to = /^route[46] (?:[a-z]+ )?(default|\S*[.:]\S*)/.exec(route)?.[1];
  const rest = ["from", "table", "metric", "tos"].map((name) => new RegExp(` ${name} (\\S+)`).exec(route)?.[1] ?? "");
  return [route.slice(0, "route4".length), to, ...rest].join(" ");
}

/** Tells whether a line is the device's own address. */
export function isMac(line: string): boolean {
  return line.startsWith("mac ");
}

/** Tells whether a line is a neighbour that the kernel would not find again by itself. */
export function isNeighbour(line: string): boolean {
  return /^(neighbour|proxy) /.test(line);
}

function isRoute(line: string): boolean {
  return /^route[46] /.test(line);
}

function isKernels(route: string): boolean {
  return hasPair(route, "proto", "kernel");
}

function isAddress(line: string): boolean {
  return line.startsWith("address ");
}

function hasPair(line: string, name: string, value: string): boolean {
  return `${line} `.includes(` ${name} ${value} `);
}

function refused(device: string, why: string, nextStep = "choose another device, or another fault"): FaultNotInForce {
  return new FaultNotInForce(`link ${device} cannot be set down: ${why}`, nextStep);
}
