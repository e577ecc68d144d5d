import { z } from "zod";

/** Kernel objects that a fault lives in: a restarted container has another namespace, a rebooted machine another boot id. */
const place = {
  /** Inode of the network namespace, as in `net:[4026531833]`. */
  netnsInode: z.string().regex(/^\d{1,20}$/),
  bootId: z.string().regex(/^[0-9a-f-]{36}$/),
  /** Of process 1 there (guard-script.ts). Journals of before 2026-11-22 lack it, and are undone without. */
  initStartTicks: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
};

const containerIdentity = z.strictObject({
  kind: z.literal("container"),
  containerId: z.string().regex(/^[0-9a-f]{64}$/),
  containerName: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/),
  /** As Docker prints it; another one means that the container was restarted. */
  startedAt: z.string().max(64),
  /** Name of the kind cluster, from the container's label. */
  cluster: z.string().max(128),
  ...place,
});

/** A network namespace of `ip netns`: what the project's own tests break. */
const netnsIdentity = z.strictObject({
  kind: z.literal("netns"),
  /** It may not look like an option of ip(8). */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  ...place,
});

/** Which node exactly was broken, for good: an intent line carries it, and heal sends nothing to anything else. */
export const identitySchema = z.discriminatedUnion("kind", [containerIdentity, netnsIdentity]);
export type TargetIdentity = z.infer<typeof identitySchema>;

/** One word for messages: the container's or namespace's name. */
export function nameOf(identity: TargetIdentity): string {
  return identity.kind === "container" ? identity.containerName : identity.name;
}

/** The argv in front of every command for this target; by container id, so that a successor of the same name never gets one. */
export function transportOf(identity: TargetIdentity): readonly string[] {
  return identity.kind === "container"
    ? ["docker", "exec", identity.containerId]
    : ["ip", "netns", "exec", identity.name];
}

/** The same for all that is one node: a worker and a control plane may be one container. */
export function nodeKey(identity: TargetIdentity): string {
  return identity.kind === "container" ? identity.containerId : `netns ${identity.name}`;
}
