import { boundedRuntime } from "./bounded-runtime.ts";
import { cgroup } from "./cgroup.ts";
import type { Check } from "./check.ts";
import { disk } from "./disk.ts";
import { dockerEngine } from "./docker-engine.ts";
import { firewall } from "./firewall.ts";
import { go } from "./go.ts";
import { inotify } from "./inotify.ts";
import { kernel } from "./kernel.ts";
import { kind } from "./kind.ts";
import { leftovers } from "./leftovers.ts";
import { memory } from "./memory.ts";

/** Checks for creating a cluster and its image; a run on a kept cluster has both. */
const TO_MAKE_A_CLUSTER: readonly Check[] = [memory, disk, inotify, go];

/** All checks, in the order of their fixes: the engine starts with the runtime that precedes it. */
export const CHECKS: readonly Check[] = [
  kernel,
  cgroup,
  memory,
  disk,
  inotify,
  boundedRuntime,
  dockerEngine,
  firewall,
  kind,
  go,
  leftovers,
];

/** The checks of a run on an existing cluster. */
export const CHECKS_OF_REUSE: readonly Check[] = CHECKS.filter((check) => !TO_MAKE_A_CLUSTER.includes(check));
