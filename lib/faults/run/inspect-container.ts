import { z } from "zod";
import { ExecError, type Exec } from "../../host/exec.ts";

export interface InspectedContainer {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
  readonly running: boolean;
  readonly hostNetwork: boolean;
  /** Value of kind's label; null when the container is not a kind node. */
  readonly kindCluster: string | null;
}

const inspectSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
    HostConfig: z.object({ NetworkMode: z.string() }),
  }),
);

/**
 * Returns a container by name or id, from one call of Docker; null when it does not exist. Throws ExecError when Docker
 * fails.
 */
export async function inspectContainer(host: Exec, container: string): Promise<InspectedContainer | null> {
  const result = await host(["docker", "container", "inspect", "--", container], { timeoutMs: 15_000 });
  // "No such container" is Docker's answer. Any other failure must not pass for a deleted node.
  if (result.exitCode !== 0 && /no such (container|object)/i.test(result.stderr)) return null;
  if (result.exitCode !== 0) throw new ExecError(result);
  const [found] = inspectSchema.parse(JSON.parse(result.stdout));
  if (!found) return null;
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    startedAt: found.State.StartedAt,
    running: found.State.Running,
    hostNetwork: found.HostConfig.NetworkMode === "host",
    kindCluster: found.Config.Labels?.["io.x-k8s.kind.cluster"] ?? null,
  };
}
