/** Lets `count` pieces of work run at once. Others wait; the one of the highest rank is next. */
export function slots(count: number): (rank: number, work: () => Promise<void>) => Promise<void> {
  const waiting: { readonly rank: number; readonly start: () => void }[] = [];
  let free = count;
  const startNext = () => {
    const next = waiting.toSorted((a, b) => b.rank - a.rank)[0];
    if (free === 0 || next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    free -= 1;
    next.start();
  };
  return async (rank, work) => {
    await new Promise<void>((start) => {
      waiting.push({ rank, start });
      // Not at once: all that wait in the same turn take part.
      setImmediate(startNext);
    });
    try {
      await work();
    } finally {
      free += 1;
      setImmediate(startNext);
    }
  };
}
