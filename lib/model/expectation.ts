import type { Role } from "./path.ts";
import type { Symptom } from "./symptom.ts";

/**
 * What a path must show while the fault is in force. Plain: every flow shows one of `symptoms`. `addresses` adds what the far end must have
 * seen (with ok only). `share`: about this part of `flows` lookups shows one of `symptoms`, the others are ok. `mostly`: more than half of all
 * flows do, and of those of the last round; the others are ok.
 */
export interface Expectation {
  readonly symptoms: readonly Symptom[];
  readonly addresses?: AddressClaim;
  readonly share?: ShareClaim;
  readonly mostly?: true;
}

export interface ShareClaim {
  readonly of: number;
  /** 0 to 1. */
  readonly part: number;
  /** Exactly the lookups that meet this replica fail, and no other. */
  readonly replica?: Role;
}

/**
 * `untranslated`: the server sees the client's own address, at the address the client dialled. `dnat`: the server was reached at another
 * address than the one dialled, and sees the client's own. `this-pod`: both ends have the same address.
 */
export type AddressClaim = "untranslated" | "dnat" | "this-pod";

/** What a suite may write for a path: a symptom, several that are equally right, or a whole expectation. */
export type Claimed = Symptom | readonly Symptom[] | Expectation;

/** The claim as an Expectation. */
export function expectation(claimed: Claimed): Expectation {
  if (typeof claimed === "string") return { symptoms: [claimed] };
  return "symptoms" in claimed ? claimed : { symptoms: claimed };
}

/** ok, and the far end saw these addresses. */
export function okWith(addresses: AddressClaim): Expectation {
  return { symptoms: ["ok"], addresses };
}

/** `share({ part: 1 / 2, of: 40, replica: "dnsA" }, "dns-timeout")`: half of 40 lookups time out, those that meet dnsA; the others are ok. */
export function share(claim: ShareClaim, ...symptoms: readonly Symptom[]): Expectation {
  return { symptoms, share: claim };
}

/** `mostly("connection-refused")`: for what comes and goes while the fault is in force, as a crash-looping server does. */
export function mostly(...symptoms: readonly Exclude<Symptom, "ok">[]): Expectation {
  return { symptoms, mostly: true };
}

/** The expectation in words, for reports: `connect-timeout`, `ok, untranslated`, `50 % of 40 dns-timeout`. */
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
 * The expectation with each claim replaced by its nearest neighbour that is not claimed as well: what a scenario is run with to show that it can
 * fail. An address claim is swapped for the opposite one, a share for its mirror image; what was claimed mostly, for the neighbour every time.
 */
export function swapped(expected: Expectation): Expectation {
  if (expected.share) return { ...expected, share: { ...expected.share, part: expected.share.part < 0.75 ? 1 : 0.1 } };
  if (expected.addresses) return { ...expected, addresses: expected.addresses === "dnat" ? "untranslated" : "dnat" };
  const otherwise = expected.symptoms.includes("slow") ? "ok" : "slow";
  const neighbour = expected.symptoms
    .map((one) => NEIGHBOURS[one])
    .find((one) => one && !expected.symptoms.includes(one));
  return { symptoms: [neighbour ?? otherwise] };
}
