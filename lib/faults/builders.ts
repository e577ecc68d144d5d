/** The builders of every kind, for suites: `sysctl("A", "net.ipv4.ip_forward", 0)`. A line for each kind. */
export * from "./kinds/agent/kind.ts";
export * from "./kinds/drop/kind.ts";
export * from "./kinds/iptables-drop/kind.ts";
export * from "./kinds/link/kind.ts";
export * from "./kinds/load-balancer/kind.ts";
export * from "./kinds/network-policy/kind.ts";
export * from "./kinds/nft-jump/kind.ts";
export * from "./kinds/none/kind.ts";
export * from "./kinds/policy/kind.ts";
export * from "./kinds/resolv-conf/kind.ts";
export * from "./kinds/route/kind.ts";
export * from "./kinds/rule/kind.ts";
export * from "./kinds/selector/kind.ts";
export * from "./kinds/sysctl/kind.ts";
