import { isAnotherPod } from "../evidence/pod-identity.ts";

/** Types of routes that ip prints before the destination. */
const ROUTE_TYPES = ["blackhole", "unreachable", "prohibit", "throw", "local", "broadcast", "anycast", "multicast"];

/**
 * Returns the differences of devices, addresses and routes in pods that still exist, one line each: `pod server new:
 * blackhole 10.244.0.0/25`. Compares the `pod-ROLE-network` texts of a node's state; a recreated pod gives no line.
 * Pure.
 */
export function podDifferences(was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): readonly string[] {
  return [...was].flatMap(([name, before]) => {
    const role = /^pod-(\w+)-network$/.exec(name)?.[1];
    const now = is.get(name);
    if (role === undefined || now === undefined || isAnotherPod(before, now)) return [];
    const [old, current] = [linesIn(before), linesIn(now)];
    return [
      ...old.filter((line) => !current.includes(line)).map((line) => `pod ${role} gone: ${line}`),
      ...current.filter((line) => !old.includes(line)).map((line) => `pod ${role} new: ${line}`),
    ];
  });
}

/**
 * Lines such as `2: eth0@if5: … mtu 1450 …`, `inet 10.244.1.2/24 …`, `default via …`, `10.244.0.0/16 via …` and
 * `blackhole …`. A neighbour's line has a hardware address, or its state in capitals.
 */
const DEVICE_OR_ROUTE = new RegExp(`^(inet6?|default|[\\da-f]*[.:][\\da-f.:]*(/\\d+)?|${ROUTE_TYPES.join("|")}) `);

function linesIn(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const kept = lines.filter((line) => DEVICE_OR_ROUTE.test(line) && !/ lladdr | (NOARP|PERMANENT|[A-Z]+)$/.test(line));
  return [...new Set(kept)];
}
