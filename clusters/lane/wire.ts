import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import type { Wire } from "./line.ts";

/** A VM's line: a named pipe each way, in its directory, so that a later run finds it. */
const TO_VM = "to-vm";
const FROM_VM = "from-vm";

/** Makes the pipes in a VM's new directory. */
export async function makeWire(dir: string, exec: Exec): Promise<void> {
  await mustExec(exec, ["mkfifo", "-m", "600", join(dir, TO_VM), join(dir, FROM_VM)]);
}

export interface WireEnds {
  readonly wire: Wire;
  /**
   * Descriptors for the VM; the caller closes them once it has them. Open both ways, so they last as long as the VM.
   */
  readonly vmReads: number;
  readonly vmWrites: number;
}

/** Returns both ends of a new VM's line. The wire ends with the VM and all other holders of its ends. */
export function wireIn(dir: string): WireEnds {
  const vmReads = openSync(join(dir, TO_VM), constants.O_RDWR);
  const vmWrites = openSync(join(dir, FROM_VM), constants.O_RDWR);
  return { wire: wireTo(dir), vmReads, vmWrites };
}

/**
 * Returns our end of a living VM's line. Output written without a reader comes first. Throws ENXIO if no VM has the
 * other end.
 */
export function wireTo(dir: string): Wire {
  const out = openSync(join(dir, TO_VM), constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    const from = new Socket({ fd: openSync(join(dir, FROM_VM), constants.O_RDONLY | constants.O_NONBLOCK) });
    return joined(from, new Socket({ fd: out, readable: false }));
  } catch (error) {
    closeSync(out);
    throw error;
  }
}

/**
 * Joins two one-way streams. It closes both when the first ends: Duplex.from leaves them open when it is destroyed
 * (Node 24.21).
 */
function joined(from: Socket, to: Socket): Wire {
  const wire = new Duplex({
    read: () => void from.resume(),
    write: (data: Buffer, _, done) => void to.write(data, done),
    destroy: (error, done) => {
      from.destroy();
      to.destroy();
      done(error);
    },
  });
  from.on("data", (data) => {
    if (!wire.push(data)) from.pause();
  });
  for (const event of ["end", "close", "error"]) from.on(event, () => wire.destroy());
  to.on("error", () => wire.destroy());
  return wire;
}
