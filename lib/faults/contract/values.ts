import ipaddr from "ipaddr.js";
import { z } from "zod";

/** An id is part of an nft table's name, so its shape is narrow. */
export const faultIdSchema = z.string().regex(/^[a-z0-9]{4,20}$/, "must be 4 to 20 of a-z and 0-9");

/** A network device's name that the kernel allows and ip(8) reads as one word (IFNAMSIZ is 16 with the final NUL). */
export const deviceSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_@][a-zA-Z0-9_.@-]{0,14}$/, "must be a device name of at most 15 letters, digits, _ . @ -")
  .refine((name) => name !== "." && name !== "..", "must be a device name");

export const portSchema = z.int().min(1).max(65535);

/** One address, v4 in four decimal parts or v6 without a zone. */
export const addressSchema = z.string().refine(isAddress, "must be an IPv4 or IPv6 address");

/** An address or a CIDR. */
export const networkSchema = z.string().refine((text) => parsedNetwork(text) !== null, "must be an address or a CIDR");

/**
 * Returns an address or CIDR in the one form that nft and ip print: host bits cleared, IPv6 shortened. Throws
 * RangeError for a text that networkSchema refuses.
 */
export function network(text: string): { readonly family: 4 | 6; readonly cidr: string } {
  const parsed = parsedNetwork(text);
  if (parsed === null) throw new RangeError(`"${text}" is neither an address nor a CIDR`);
  return parsed;
}

function parsedNetwork(text: string): { readonly family: 4 | 6; readonly cidr: string } | null {
  const [address = "", length, ...more] = text.split("/");
  if (more.length > 0 || !isAddress(address)) return null;
  const family = ipaddr.parse(address).kind() === "ipv4" ? 4 : 6;
  const bits = family === 4 ? 32 : 128;
  if (length !== undefined && !(/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= bits)) return null;
  const cidr = `${address}/${length ?? bits}`;
  const first = family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return { family, cidr: `${first.toString()}/${length ?? bits}` };
}

/** Tells whether a text is a plain address: ipaddr.js also accepts `0x7f.1`, zones and octal parts. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (/^[0-9a-fA-F:.]+$/.test(text) && ipaddr.IPv6.isValid(text));
}
