/** Explains evidence beside the cell's process: answers each Asked with its explanations. */
import { parentPort } from "node:worker_threads";
import { explain } from "../../lib/why/explain.ts";
import { readEvidence } from "../../lib/why/facts/read-evidence.ts";
import type { Asked } from "./explaining.ts";

parentPort?.on("message", ({ dir, observations }: Asked) => {
  parentPort?.postMessage(explain(readEvidence(dir), observations));
});
