/**
 * Our mark on a route (rtnetlink's rtm_protocol): no rt_protos of iproute2 or FRR and no CNI uses 201. Undo deletes by
 * it.
 */
export const ROUTE_PROTOCOL = "201";

/**
 * Returns the mark on what a fault creates: an iptables comment, a link's alias, an object's name. Undo deletes by it.
 */
export function markOf(id: string): string {
  return `faultline-${id}`;
}
