import { z } from "zod";

/**
 * Kernel objects in which a fault lives: a restarted container has another namespace, a rebooted machine another boot
 * id.
 */
const place = {
  /** Inode of the network namespace, as in `net:[4026531833]`. */
  netnsInode: z.string().regex(/^\d{1,20}$/),
  bootId: z.string().regex(/^[0-9a-f-]{36}$/),
  /** When process 1 was started (guard.sh). Journals from before 2026-11-22 lack it, and are undone without. */
  initStartTicks: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
};

const containerIdentity = z.strictObject({
  kind: z.literal("container"),
  containerId: z.string().regex(/^[0-9a-f]{64}$/),
  containerName: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/),
  /** As Docker prints it; a restarted container has another. */
  startedAt: z.string().max(64),
  /** Name of the kind cluster, from the container's label. */
  cluster: z.string().max(128),
  ...place,
});

/** A network namespace of `ip netns`, which the project's own tests break. */
const netnsIdentity = z.strictObject({
  kind: z.literal("netns"),
  /** Must not look like an option of ip(8). */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  ...place,
});

/** Identifies the node that was broken. An intent line carries it, and heal sends commands to no other node. */
export const identitySchema = z.discriminatedUnion("kind", [containerIdentity, netnsIdentity]);
export type TargetIdentity = z.infer<typeof identitySchema>;

/** Returns one word for messages: the container's or namespace's name. */
export function nameOf(identity: TargetIdentity): string {
  return identity.kind === "container" ? identity.containerName : identity.name;
}

/**
 * Returns the argv in front of every command for this target: by container id, so that a successor of the same name
 * gets none.
 */
export function transportOf(identity: TargetIdentity): readonly string[] {
  return identity.kind === "container"
    ? ["docker", "exec", identity.containerId]
    : ["ip", "netns", "exec", identity.name];
}

/** Returns a key that is equal for all roles of one node: a worker and a control plane may be one container. */
export function nodeKey(identity: TargetIdentity): string {
  return identity.kind === "container" ? identity.containerId : `netns ${identity.name}`;
}
