import type { Role } from "./path.ts";
import type { Symptom } from "./symptom.ts";

/**
 * The symptoms of a path while the fault is in force. Plain: every flow shows one of `symptoms`. `addresses` (with ok
 * only) adds the addresses that the server must see. `share`: about this part of the lookups shows one of `symptoms`,
 * the others are ok. `mostly`: more than half of all flows, and of the last round's, show one of `symptoms`; the
 * others are ok.
 */
export interface Expectation {
  readonly symptoms: readonly Symptom[];
  readonly addresses?: AddressClaim;
  readonly share?: ShareClaim;
  readonly mostly?: true;
}

export interface ShareClaim {
  /** Number of lookups. */
  readonly of: number;
  /** 0 to 1. */
  readonly part: number;
  /** Exactly the lookups that meet this replica fail. */
  readonly replica?: Role;
}

/**
 * `untranslated`: the server sees the client's own address, at the address the client dialled. `dnat`: the server was
 * reached at another address than the one dialled, and sees the client's own. `this-pod`: both ends have the same
 * address.
 */
export type AddressClaim = "untranslated" | "dnat" | "this-pod";

/** A claim about a path as a suite writes it: a symptom, several that are equally right, or a whole expectation. */
export type Claimed = Symptom | readonly Symptom[] | Expectation;

/** Returns the claim as an Expectation. */
export function expectation(claimed: Claimed): Expectation {
  if (typeof claimed === "string") return { symptoms: [claimed] };
  return "symptoms" in claimed ? claimed : { symptoms: claimed };
}

/** Returns true if the claim is that the fault leaves the path ok, whatever it says about addresses. Pure. */
export function isControl({ symptoms, share: part, mostly: most }: Expectation): boolean {
  return part === undefined && most === undefined && symptoms.length === 1 && symptoms[0] === "ok";
}

/** Returns the claim that a path is ok and its server sees these addresses. */
export function okWith(addresses: AddressClaim): Expectation {
  return { symptoms: ["ok"], addresses };
}

/**
 * Returns a claim about a share of the lookups. `share({ part: 1 / 2, of: 40, replica: "dnsA" }, "dns-timeout")`:
 * half of 40 lookups time out, those that meet dnsA; the others are ok.
 */
export function share(claim: ShareClaim, ...symptoms: readonly Symptom[]): Expectation {
  return { symptoms, share: claim };
}

/**
 * Returns a claim about an intermittent symptom, such as that of a crash-looping server:
 * `mostly("connection-refused")`.
 */
export function mostly(...symptoms: readonly Exclude<Symptom, "ok">[]): Expectation {
  return { symptoms, mostly: true };
}

/** Returns the expectation in words, for reports: `connect-timeout`, `ok, untranslated`, `50 % of 40 dns-timeout`. */
export function inWords(expected: Expectation): string {
  const symptoms = expected.symptoms.join(" or ");
  if (expected.share) {
    const { part, of, replica } = expected.share;
    const those = replica === undefined ? "" : `, those that meet ${replica}`;
    return `${Math.round(part * 100)} % of ${of} ${symptoms}${those}`;
  }
  if (expected.mostly) return `mostly ${symptoms}`;
  return expected.addresses ? `${symptoms}, ${expected.addresses}` : symptoms;
}

const NEIGHBOURS: Partial<Record<Symptom, Symptom>> = {
  ok: "connect-timeout",
  "connect-timeout": "connection-refused",
  "connection-refused": "connect-timeout",
  "host-unreachable": "connect-timeout",
  "dns-timeout": "dns-wrong-source",
  "dns-wrong-source": "dns-timeout",
  loss: "ok",
};

/**
 * Returns a similar expectation that must fail; selfcheck runs scenarios with it. Replaces the symptoms by the
 * nearest one that is not claimed, an address claim by its opposite, and a share by all (by a tenth if it was 0.75 or
 * more). A `mostly` claim becomes a claim about every flow. Pure.
 */
export function swapped(expected: Expectation): Expectation {
  if (expected.share) return { ...expected, share: { ...expected.share, part: expected.share.part < 0.75 ? 1 : 0.1 } };
  if (expected.addresses) return { ...expected, addresses: expected.addresses === "dnat" ? "untranslated" : "dnat" };
  const otherwise = expected.symptoms.includes("slow") ? "ok" : "slow";
  const neighbour = expected.symptoms
    .map((symptom) => NEIGHBOURS[symptom])
    .find((symptom) => symptom && !expected.symptoms.includes(symptom));
  return { symptoms: [neighbour ?? otherwise] };
}
