/**
 * Returns the factor applied to every timeout, 1 to 20, from the environment variable FAULTLINE_PATIENCE; 1 if it is
 * unset or out of range. It is above 1 in a virtual machine of the kernel lane, where system calls are expensive.
 */
export function patience(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const factor = Number(env["FAULTLINE_PATIENCE"] ?? "1");
  return factor >= 1 && factor <= 20 ? factor : 1;
}
