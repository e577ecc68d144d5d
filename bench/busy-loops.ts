import { spawn } from "node:child_process";

/** So many processes that each want a CPU for themselves, until disposed of. */
export function busyLoops(count: number): Disposable {
  const loops = Array.from({ length: count }, () => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
  return { [Symbol.dispose]: () => loops.forEach((one) => one.kill("SIGKILL")) };
}
