/** Which of this process's crash points kills it, from 1; only the tests set it. */
const crashAt = Number(process.env["FAULTLINE_CRASH_AT"] ?? 0);
let passed = 0;

/**
 * A boundary between the journal and the node at which a test may let this process die as by `kill -9`: before and after each journal line
 * and each command on a node. Does nothing unless FAULTLINE_CRASH_AT is set.
 */
export function crashPoint(): void {
  if (crashAt === 0) return;
  passed += 1;
  if (passed !== crashAt) return;
  process.kill(process.pid, "SIGKILL");
  // The signal is there at the latest when this process is next scheduled; nothing more may happen until then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}
