import type { Family, IpFamily } from "../../lib/model/cell.ts";
import type { Peer } from "../../lib/model/path.ts";

export const POD_SUBNET = "10.244.0.0/16";
export const SERVICE_SUBNET = "10.96.0.0/16";
/** kind's own defaults for IPv6 (kind v0.30.0, pkg/apis/config/v1alpha4/default.go). */
export const POD_SUBNET_6 = "fd00:10:244::/56";
export const SERVICE_SUBNET_6 = "fd00:10:96::/112";
/** Addresses in the Service subnets that we never assign: the proof of the closed network dials them. */
export const UNUSED_SERVICE_IPS: Readonly<Record<Family, string>> = { IPv4: "10.96.255.254", IPv6: "fd00:10:96::fffe" };

/** Returns one subnet for each family of the cluster, the first family's first. */
function ofFamily(family: IpFamily, ipv4: string, ipv6: string): readonly string[] {
  return { ipv4: [ipv4], ipv6: [ipv6], dual: [ipv4, ipv6] }[family];
}

/** Returns the cluster's pod networks, the first family's first. */
export function podSubnets(family: IpFamily): readonly string[] {
  return ofFamily(family, POD_SUBNET, POD_SUBNET_6);
}

/** Returns the cluster's Service networks, the first family's first. */
export function serviceSubnets(family: IpFamily): readonly string[] {
  return ofFamily(family, SERVICE_SUBNET, SERVICE_SUBNET_6);
}

/** A cluster's networks, the first family's first. */
export interface Subnets {
  readonly pods: readonly string[];
  readonly services: readonly string[];
}

/** Returns the networks of a cluster that is no peer. */
export function ownSubnets(family: IpFamily): Subnets {
  return { pods: podSubnets(family), services: serviceSubnets(family) };
}

/** Returns a peer's networks: `peer` has its own, `twin` has the cluster's. */
export function subnetsOf(peer: Peer, family: IpFamily): Subnets {
  if (peer === "twin") return ownSubnets(family);
  return {
    pods: ofFamily(family, "10.245.0.0/16", "fd00:10:245::/56"),
    services: ofFamily(family, "10.97.0.0/16", "fd00:10:97::/112"),
  };
}
