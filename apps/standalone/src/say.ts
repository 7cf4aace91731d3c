/** What `npm start` tells a person: one line a step, with what it took. The services' own log goes to a file. */
export function say(line = ''): void {
  console.log(line);
}

/** Does a step and tells of it; `tell` gets the result and the sentence ends with the time. */
export async function step<T>(work: () => Promise<T>, tell: (result: T) => string): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  say(`  ✓ ${tell(result)}  (${duration(performance.now() - startedMs)})`);
  return result;
}

/** A time as people read it: `12 ms`, `1.4 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
