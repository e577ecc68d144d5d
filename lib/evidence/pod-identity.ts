/**
 * Returns true if a role's pod was replaced between two `pod-ROLE-network` texts: its hardware address and its IP both
 * differ. A pod that lost only one of them is the same. Pure.
 */
export function isAnotherPod(before: string, now: string): boolean {
  return differs(/^\s+link\/ether (\S+)/gm, before, now) && differs(/^\s+inet6? (\S+) .*scope global/gm, before, now);
}

function differs(mark: RegExp, before: string, now: string): boolean {
  const [was, is] = [before, now].map((text) => [...text.matchAll(mark)].map(([, one]) => one).join(" "));
  return was !== is;
}
