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
import { kernelLane } from "./qemu.ts";

/** What only the making of a cluster and of its image asks for: a run on a kept one has both. */
const TO_MAKE_A_CLUSTER: readonly Check[] = [memory, disk, inotify, go];

/** All checks, in the order in which they are mended: the engine is started with the runtime that precedes it. */
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
  kernelLane,
  leftovers,
];

/** Those of a run on a cluster that is there. */
export const CHECKS_OF_REUSE: readonly Check[] = CHECKS.filter((check) => !TO_MAKE_A_CLUSTER.includes(check));
