/** A benchmark: `npm run bench -- <name> [options]`. */
export interface Benchmark {
  readonly name: string;
  /** One sentence: what is measured. */
  readonly summary: string;
  /** Options with a value, by name without dashes, with what they mean. */
  readonly options: Readonly<Record<string, string>>;
  run(options: Readonly<Record<string, string | undefined>>): Promise<BenchmarkResult>;
}

export interface BenchmarkResult {
  /** Software that was measured, with versions. */
  readonly versions: string;
  /** Printed as a table; all rows have the same columns. */
  readonly table: readonly Readonly<Record<string, string | number>>[];
  /** What the table cannot say: the mix, the conditions, what to compare with what. */
  readonly notes: readonly string[];
  /** For `--json`: flat, one number a name. */
  readonly figures: Readonly<Record<string, number>>;
}
