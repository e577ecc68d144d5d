/** A counter's name and how much it rose: `TcpExtListenDrops`, 3. */
export type Deltas = Readonly<Record<string, number>>;

/** The counters of `nstat -asz`: a name, a number and a rate a line. What is no counter is left out. Pure. */
export function countersIn(nstat: string): ReadonlyMap<string, number> {
  const lines = nstat.split("\n").map((line) => /^([A-Za-z]\w*)\s+(\d+)\s/.exec(line));
  return new Map(lines.flatMap((found) => (found ? [[found[1] ?? "", Number(found[2])] as const] : [])));
}

/** What changed from one reading to a later one; a counter that only one of them has is left out. Pure. */
export function counterDeltas(before: string, after: string): Deltas {
  const was = countersIn(before);
  const changed = [...countersIn(after)].flatMap(([name, value]) => {
    const delta = value - (was.get(name) ?? value);
    return delta === 0 ? [] : [[name, delta] as const];
  });
  return Object.fromEntries(changed);
}
