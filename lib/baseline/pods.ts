import { isAnotherPod } from "../evidence/pod-identity.ts";

/**
 * What is different about the devices, addresses and routes of pods that are still the same, a line each: `pod server new: blackhole 10.244.0.0/25`. By role, the
 * `pod-ROLE-network` texts of a node's state then and now; nothing is said of a pod that was made anew. Pure.
 */
export function podDifferences(was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): readonly string[] {
  return [...was].flatMap(([name, before]) => {
    const role = /^pod-(\w+)-network$/.exec(name)?.[1];
    const now = is.get(name);
    if (role === undefined || now === undefined || isAnotherPod(before, now)) return [];
    const [then, today] = [linesIn(before), linesIn(now)];
    return [
      ...then.filter((line) => !today.includes(line)).map((line) => `pod ${role} gone: ${line}`),
      ...today.filter((line) => !then.includes(line)).map((line) => `pod ${role} new: ${line}`),
    ];
  });
}

/** `2: eth0@if5: … mtu 1450 …`, `inet 10.244.1.2/24 …`, `default via …`, `10.244.0.0/16 via …`, `blackhole …`. A neighbour's line has its hardware address or its state in capitals. */
const DEVICE_OR_ROUTE =
  /^(inet6?|default|[\da-f]*[.:][\da-f.:]*(\/\d+)?|blackhole|unreachable|prohibit|throw|local|broadcast|anycast|multicast) /;

function linesIn(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const kept = lines.filter((line) => DEVICE_OR_ROUTE.test(line) && !/ lladdr | (NOARP|PERMANENT|[A-Z]+)$/.test(line));
  return [...new Set(kept)];
}
