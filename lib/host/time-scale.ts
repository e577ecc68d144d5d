/** How many times longer than usual what takes time may take: more than 1 in a virtual machine of the kernel lane, whose processors are emulated or whose system calls are dear. */
export function patience(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = Number(env["FAULTLINE_PATIENCE"] ?? "1");
  return asked >= 1 && asked <= 20 ? asked : 1;
}
