import { Worker } from "node:worker_threads";
import type { Explanation } from "../../lib/model/explanation.ts";
import type { Observation } from "../../lib/probes/probe.ts";

export interface Asked {
  /** A scenario's folder of evidence. */
  readonly dir: string;
  readonly observations: readonly Observation[];
}

type Answer = readonly Explanation[];

/**
 * Explains evidence in a thread of its own, one call at a time. It takes seconds on a busy machine; in this process it
 * would delay the readings of a fault in force.
 */
export class Explaining {
  #worker: Worker | null = null;
  readonly #script: URL;

  constructor(script = new URL("explain-worker.ts", import.meta.url)) {
    this.#script = script;
  }

  /** Resolves to the explanations of what was seen. Rejects when the thread ends without an answer. */
  async explain(asked: Asked): Promise<Answer> {
    const worker = (this.#worker ??= new Worker(this.#script));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const ended = (code: number) => reject(new Error(`the thread that explains ended with ${code}`));
    worker.on("message", resolve).on("error", reject).on("exit", ended).ref();
    try {
      worker.postMessage(asked);
      const answer = await promise;
      // A thread that waits for work is no reason for the process to live on.
      worker.off("message", resolve).off("error", reject).off("exit", ended).unref();
      return answer;
    } catch (error) {
      this.#worker = null;
      throw error;
    }
  }
}
