import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { percentile } from '../table.js';
import { VERSIONS } from './bench-contact.js';
import { CONTENDERS, isContender, type ContenderName, type MeasuredRun } from './contender.js';
import { openRestoreStage, type RestoreStage } from './restore-stage.js';
import { runContender } from './run-contender.js';

const DEFAULT_SIZES = [500_000, 2_000_000, 5_000_000];
const DEFAULT_RUNS = 3;

type Runs = ReadonlyMap<ContenderName, readonly MeasuredRun[]>;

/** How fast a read table comes back from its topic, beside what else could be done with the same topic in the same run. */
export const restoreBenchmark: Benchmark = {
  name: 'restore',
  summary: `events a second from a topic of ${VERSIONS} versions a key to a finished read table`,
  options: {
    events: `sizes, separated by commas (${DEFAULT_SIZES.join(',')})`,
    runs: `runs of each, of which the median counts (${DEFAULT_RUNS})`,
    only: `of these only, separated by commas: ${Object.keys(CONTENDERS).join(', ')}`,
  },
  async run(options): Promise<BenchmarkResult> {
    const sizes = options['events']?.split(',').map(Number) ?? DEFAULT_SIZES;
    const rounds = Number(options['runs'] ?? DEFAULT_RUNS);
    const names = (options['only']?.split(',') ?? Object.keys(CONTENDERS)).filter(isContender);
    await using stage = await openRestoreStage();
    const measured = new Map<number, Runs>();
    for (const events of sizes) measured.set(events, await measure(stage, events, names, rounds));
    return report(stage, measured);
  },
};

/** All contenders take turns, so that what slows the machine for a while slows all of them. */
async function measure(
  stage: RestoreStage,
  events: number,
  names: readonly ContenderName[],
  rounds: number,
): Promise<Runs> {
  const topic = await stage.topic(events);
  const runs = new Map<ContenderName, MeasuredRun[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, of] of runs) {
      const database = await stage.database(`bench_${events}_${round}_${name.toLowerCase()}`);
      const { brokers, partitions } = stage;
      of.push(await runContender(name, { brokers, topic, partitions, events, databaseUrl: database.url }));
      await database.drop();
    }
  }
  return runs;
}

function report(stage: RestoreStage, measured: ReadonlyMap<number, Runs>): BenchmarkResult {
  const table: Record<string, string | number>[] = [];
  let figures: Record<string, number> = {};
  for (const [events, runs] of measured) {
    const rates = new Map([...runs].map(([name, of]) => [name, (events * 1_000) / medianOf(of, 'ms')]));
    const than = (name: ContenderName, other: ContenderName): string =>
      ((rates.get(name) ?? Number.NaN) / (rates.get(other) ?? Number.NaN)).toFixed(2);
    for (const [name, of] of runs) {
      table.push({
        events,
        what: CONTENDERS[name],
        'events/s': Math.round(rates.get(name) ?? Number.NaN),
        '× (a)': than(name, 'consumeOnly'),
        '× (b)': than(name, 'consumeParse'),
        '× (c)': than(name, 'plainUpsert'),
        'CPU µs an event': ((medianOf(of, 'cpuMs') * 1_000) / events).toFixed(1),
        rows: of[0]?.rows ?? 0,
        'peak RSS MiB': Math.round(medianOf(of, 'peakMiB')),
      });
    }
    figures = {
      ...Object.fromEntries(rates),
      peakRssMiB: Math.max(...rebuilds(runs).map(({ peakMiB }) => peakMiB)),
    };
  }
  return {
    versions: stage.versions,
    table,
    notes: [
      'Each run in a process of its own, in turns; the median counts. kafkajs from joining its group to the last batch; ours from the call to rows that are indexed and switched to. Broker, Postgres and reader share this machine.',
      `Events of about 240 bytes with the twelve headers of the real log, ${VERSIONS} versions a key that lie far apart. COPY writes only the final rows, a ${VERSIONS}th of the events; its figure too is events a second.`,
    ],
    figures,
  };
}

function rebuilds(runs: Runs): readonly MeasuredRun[] {
  return [...(runs.get('rebuildState') ?? []), ...(runs.get('rebuildEvery') ?? [])];
}

function medianOf(runs: readonly MeasuredRun[], what: 'ms' | 'cpuMs' | 'peakMiB'): number {
  return percentile(
    runs.map((run) => run[what]),
    50,
  );
}
