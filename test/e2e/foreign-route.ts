/**
 * A route that a third party adds to a node. TEST-NET-2 is unused, so the route breaks no path and resembles no fault.
 */
export const FOREIGN_ROUTE = ["ip", "route", "add", "blackhole", "198.51.100.0/24"] as const;
