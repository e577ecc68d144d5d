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
  #call: PromiseWithResolvers<Answer> | null = null;
  readonly #script: URL;

  constructor(script = new URL("explain-worker.ts", import.meta.url)) {
    this.#script = script;
  }

  /** Resolves to the explanations of what was seen. Rejects when the thread ends without an answer. */
  async explain(asked: Asked): Promise<Answer> {
    const worker = (this.#worker ??= this.#start());
    const call = Promise.withResolvers<Answer>();
    this.#call = call;
    worker.ref();
    try {
      worker.postMessage(asked);
      return await call.promise;
    } finally {
      this.#call = null;
      // A thread that waits for work is no reason for the process to live on.
      worker.unref();
    }
  }

  /** Returns a new thread. Its end, at any time, rejects the open call and makes the next call start another. */
  #start(): Worker {
    const worker = new Worker(this.#script);
    const end = (error: Error) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#call?.reject(error);
    };
    return worker
      .on("message", (answer: Answer) => this.#call?.resolve(answer))
      .on("error", end)
      .on("exit", (code) => end(new Error(`the thread that explains ended with ${code}`)));
  }
}
