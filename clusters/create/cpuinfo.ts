/**
 * What a node reads as /proc/cpuinfo. The kubelet ends with "could not detect clock speed" where a processor has none to tell (cAdvisor, machine.GetClockSpeed), and user-mode
 * Linux tells none, so there a line is added. Nothing goes by its figure but the machine's description. undefined where the kernel's own words will do. Pure.
 */
export function cpuInfoFor(kernelSays: string): string | undefined {
  if (!kernelSays.includes("User Mode Linux") || kernelSays.includes("cpu MHz")) return undefined;
  return kernelSays.replace(/^(vendor_id.*)$/gm, "$1\ncpu MHz\t\t: 1000.000");
}
