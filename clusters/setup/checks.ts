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
