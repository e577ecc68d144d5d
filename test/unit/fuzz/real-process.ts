import { expect } from "chai";
import { hostExec, mustExec, printable } from "../../../lib/host/exec.ts";

/** Prints its arguments, each ended by a NUL. */
export const PRINT = ["/usr/bin/printf", "%s\\0"];
/** hostExec hands a command to bash as one argument, and the kernel takes 128 KiB for one (MAX_ARG_STRLEN). */
const MOST_BYTES = 100_000;
const SIDE_BY_SIDE = 4;

/** Runs words as arguments of real processes, many in each, and expects every one to arrive as it is. */
export async function expectArrival(words: readonly string[]): Promise<void> {
  const batches = batched(words);
  const next = async (): Promise<void> => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const { stdout } = await mustExec(hostExec, [...PRINT, ...batch]);
      const arrived = stdout.split("\0").slice(0, -1);
      const index = batch.findIndex((word, at) => word !== arrived[at]);
      // Not the whole arrays: a difference would be megabytes long.
      expect(arrived[index], printable([batch[index] ?? ""])).to.equal(batch[index]);
      expect(arrived).to.have.lengthOf(batch.length);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, next));
}

function batched(words: readonly string[]): string[][] {
  const batches: string[][] = [[]];
  let bytes = 0;
  for (const word of words) {
    const size = Buffer.byteLength(printable([word])) + 1;
    if (bytes + size > MOST_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(word);
    bytes += size;
  }
  return batches;
}
