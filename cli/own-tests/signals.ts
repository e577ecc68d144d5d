const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Signals that came while the project's own tests ran. */
export interface TestSignals {
  /** Aborts at the first. */
  readonly signal: AbortSignal;
  /** The first that came; null when none did. */
  first(): NodeJS.Signals | null;
  /** Calls `listener` for each one from now on; returns how to end that. */
  onEach(listener: (name: NodeJS.Signals) => void): () => void;
  /** Stops listening. */
  release(): void;
}

/** Listens from now on: a signal does not end this process by itself any more. */
export function testSignals(): TestSignals {
  const controller = new AbortController();
  const listeners = new Set<(name: NodeJS.Signals) => void>();
  let first: NodeJS.Signals | null = null;
  const handle = (name: NodeJS.Signals) => {
    first ??= name;
    controller.abort(new Error(`interrupted by ${name}`));
    for (const listener of listeners) listener(name);
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    first: () => first,
    onEach: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release: () => {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}
