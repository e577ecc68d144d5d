import type { NodeRole } from "../../model/nodes.ts";

/** Every fault there is: plain data, a closed union by `kind`. One file in this folder applies and undoes each kind. */
export type Fault =
  | NoFault
  | SysctlFault
  | DropFault
  | RouteFault
  | LinkFault
  | PolicyFault
  | RuleFault
  | IptablesDropFault
  | NftJumpFault
  | AgentFault
  | ResolvConfFault
  | NetworkPolicyFault
  | LoadBalancerFault
  | SelectorFault;

/** Does nothing: what a scenario is run with to show that it can fail. */
export interface NoFault {
  readonly kind: "none";
}

export interface SysctlFault {
  readonly kind: "sysctl";
  /** Dotted, `net.…` only: `net.ipv4.ip_forward`. */
  readonly key: string;
  readonly value: string;
}

/** Drops matching packets silently, in an nft table of its own. */
export interface DropFault {
  readonly kind: "drop";
  readonly hook: "prerouting" | "input" | "forward" | "output";
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly destinationPort?: number;
  readonly source?: string;
  readonly destination?: string;
}

/** Drops matching packets by a rule at the top of a chain of iptables' filter table. */
export interface IptablesDropFault {
  readonly kind: "iptables-drop";
  readonly chain: "INPUT" | "FORWARD" | "OUTPUT";
  readonly protocol: "tcp" | "udp";
  readonly destinationPort: number;
  /** Default 4. */
  readonly family?: 4 | 6;
}

export interface RouteFault {
  readonly kind: "route";
  readonly type: "unicast" | "blackhole" | "unreachable";
  /** CIDR or address. */
  readonly to: string;
  /** For unicast: on-link by this device. */
  readonly device?: string;
}

/**
 * Sets a network device down; `bounced`: and up again, but what the kernel threw away meanwhile stays away; `readdressed`: leaves it up and gives it another MAC address.
 */
export interface LinkFault {
  readonly kind: "link";
  readonly device: string;
  readonly state: "down" | "bounced" | "readdressed";
}

/** Sets the policy of a built-in chain of iptables' filter table. */
export interface PolicyFault {
  readonly kind: "policy";
  readonly chain: "FORWARD" | "INPUT" | "OUTPUT";
  readonly policy: "DROP";
  /** Default 4. */
  readonly family?: 4 | 6;
}

/** Takes away the one rule of an iptables chain that leads to a target, and has this comment where one is named. */
export interface RuleFault {
  readonly kind: "rule";
  readonly table: "filter" | "nat" | "mangle" | "raw";
  readonly chain: string;
  /** What comes after `-j`. */
  readonly target: string;
  readonly comment?: string;
  /** Default 4. */
  readonly family?: 4 | 6;
}

/** Takes away the only rule of an nftables chain, a jump. */
export interface NftJumpFault {
  readonly kind: "nft-jump";
  readonly family: "ip" | "ip6";
  readonly table: string;
  readonly chain: string;
  readonly target: string;
}

/** Takes the CNI's agent off the node: its pods there end, and none is started. */
export interface AgentFault {
  readonly kind: "agent";
  readonly namespace: string;
  /** Of the agent's pods: `app=flannel`. */
  readonly selector: string;
}

/** Puts these nameservers in the file that the kubelet gives to pods, and replaces the node's CoreDNS pods. */
export interface ResolvConfFault {
  readonly kind: "resolv-conf";
  readonly nameservers: readonly string[];
}

/** Points a Service's selector elsewhere (through kubectl on the control-plane node). */
export interface SelectorFault {
  readonly kind: "selector";
  readonly namespace: string;
  readonly service: string;
  readonly selector: Readonly<Record<string, string>>;
}

/** Makes a NetworkPolicy that lets nobody reach the pods with these labels (through kubectl on the control-plane node). */
export interface NetworkPolicyFault {
  readonly kind: "network-policy";
  readonly namespace: string;
  readonly podSelector: Readonly<Record<string, string>>;
}

/** Makes a Service of type LoadBalancer, with one port, and says in its status, as a cloud would, that it has this address (through kubectl on the control-plane node). */
export interface LoadBalancerFault {
  readonly kind: "load-balancer";
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number;
  readonly targetPort: number;
  /** `VIP`: nodes may answer for the address themselves; `Proxy`: all that is for it goes to the balancer. */
  readonly ipMode: "VIP" | "Proxy";
}

/** A fault and the node it is for: `A`, `B`, `C`, or the control plane. */
export interface NodeFault {
  readonly node: NodeRole;
  readonly fault: Fault;
}

/** The fault as one line: `sysctl net.ipv4.ip_forward=0 on A`. Lower-case, no newline. */
export function describeFault({ node, fault }: NodeFault): string {
  return `${describeKind(fault)} on ${node}`;
}

function describeKind(fault: Fault): string {
  switch (fault.kind) {
    case "none":
      return "no fault";
    case "sysctl":
      return `sysctl ${fault.key}=${fault.value}`;
    case "drop": {
      const port = fault.destinationPort === undefined ? "" : ` port ${fault.destinationPort}`;
      const from = fault.source === undefined ? "" : ` from ${fault.source}`;
      const to = fault.destination === undefined ? "" : ` to ${fault.destination}`;
      return `drop ${fault.protocol}${port}${from}${to} in ${fault.hook}`;
    }
    case "iptables-drop":
      return `${families(fault)} drop ${fault.protocol} port ${fault.destinationPort} first in ${fault.chain}`;
    case "route":
      return `route ${fault.type} ${fault.to}${fault.device === undefined ? "" : ` dev ${fault.device}`}`;
    case "link":
      return `link ${fault.device} ${fault.state}`;
    case "policy":
      return `${families(fault)} policy ${fault.chain} ${fault.policy}`;
    case "rule": {
      const comment = fault.comment === undefined ? "" : ` (${fault.comment})`;
      return `${families(fault)} ${fault.table} ${fault.chain} without its rule to ${fault.target}${comment}`;
    }
    case "nft-jump":
      return `nft ${fault.family} ${fault.table} ${fault.chain} without its jump to ${fault.target}`;
    case "agent":
      return `agent ${fault.namespace}/${fault.selector} gone`;
    case "network-policy":
      return `NetworkPolicy in ${fault.namespace} against ${JSON.stringify(fault.podSelector)}`;
    case "load-balancer":
      return `Service of type LoadBalancer in ${fault.namespace} with ${fault.address} port ${fault.port}, ipMode ${fault.ipMode}`;
    case "resolv-conf":
      return `pods' resolv.conf = ${fault.nameservers.join(", ")}`;
    case "selector":
      return `selector of Service ${fault.namespace}/${fault.service} = ${JSON.stringify(fault.selector)}`;
  }
}

function families({ family }: PolicyFault | RuleFault | IptablesDropFault): string {
  return family === 6 ? "ip6tables" : "iptables";
}
