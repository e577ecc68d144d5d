/**
 * Returns the text for a node's /proc/cpuinfo, or undefined where the kernel's own text works. The kubelet exits with
 * "could not detect clock speed" if a processor reports none (cAdvisor, machine.GetClockSpeed). User-mode Linux reports
 * none, so this adds a line. Only the machine's description uses the figure. Pure.
 */
export function cpuInfoFor(kernelSays: string): string | undefined {
  if (!kernelSays.includes("User Mode Linux") || kernelSays.includes("cpu MHz")) return undefined;
  return kernelSays.replace(/^(vendor_id.*)$/gm, "$1\ncpu MHz\t\t: 1000.000");
}
