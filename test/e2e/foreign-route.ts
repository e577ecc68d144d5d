/** A route that somebody else adds to a node. TEST-NET-2 is nobody's, so it breaks no path, and no scenario's own fault is like it. */
export const FOREIGN_ROUTE = ["ip", "route", "add", "blackhole", "198.51.100.0/24"] as const;
