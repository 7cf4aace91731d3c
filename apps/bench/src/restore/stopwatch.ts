export interface Elapsed {
  readonly ms: number;
  /** Time that this process has used of all cores, those of its garbage collector included. */
  readonly cpuMs: number;
}

/** Begins to measure; what it returns tells what has passed since. */
export function stopwatch(): () => Elapsed {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
  };
}
