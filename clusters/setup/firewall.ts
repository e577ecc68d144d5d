import type { Check, CheckContext, MachineFinding } from "./check.ts";
import { missing, ok } from "./check.ts";
import { probeEngine } from "./engine-probe.ts";

export const firewall: Check = {
  id: "firewall",
  what: "Docker's DOCKER-USER chain, and the right to put a rule into it",
  why: "one rule of ours closes a cluster's network before its first node starts",
  find: findFirewall,
};

async function findFirewall(context: CheckContext): Promise<MachineFinding> {
  if (context.platform !== "linux") return ok("not checked: containers use the one of Docker's VM");
  const engine = await probeEngine(context);
  if (engine.state !== "running") return ok("not checked: the engine is not running");
  if ((await context.which("iptables")) === undefined) return missing("iptables not found", "install iptables");
  const { exitCode, stderr } = await context.exec(["iptables", "-w", "10", "-S", "DOCKER-USER"]);
  if (exitCode === 0) return ok("chain DOCKER-USER present");
  const how = context.uid === 0 ? "let Docker manage iptables (no iptables: false in daemon.json)" : "run this as root";
  return missing(stderr.trim().split("\n")[0] ?? "iptables failed", how);
}
