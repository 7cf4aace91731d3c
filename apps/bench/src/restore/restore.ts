import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { percentile } from '../table.js';
import { VERSIONS } from './bench-contact.js';
import { CONTENDERS, isContender, type ContenderName, type MeasuredRun } from './contender.js';
import { measureLive, type LiveFigures } from './live-rebuild.js';
import { openRestoreStage, type RestoreStage } from './restore-stage.js';
import { runContender } from './run-contender.js';

const DEFAULT_SIZES = [500_000, 2_000_000, 5_000_000];
const DEFAULT_RUNS = 3;

/** Besides the contenders. */
const LIVE = 'live';

/** Reads a topic of its own. */
const SEALED = 'rebuildStateEncrypted';

/** What is read of one size. */
interface Topics {
  readonly events: number;
  readonly topic: string;
  readonly sealed: Awaited<ReturnType<RestoreStage['sealedTopic']>> | undefined;
}

type Runs = ReadonlyMap<ContenderName, readonly MeasuredRun[]>;

interface Measured {
  readonly runs: Runs;
  readonly live: LiveFigures | undefined;
}

/** How fast a read table comes back from its topic, beside what else could be done with the same topic in the same run. */
export const restoreBenchmark: Benchmark = {
  name: 'restore',
  summary: `events a second from a topic of ${VERSIONS} versions a key to a finished read table`,
  options: {
    events: `sizes, separated by commas (${DEFAULT_SIZES.join(',')})`,
    runs: `runs of each, of which the median counts (${DEFAULT_RUNS})`,
    only: `of these only, separated by commas: ${[...Object.keys(CONTENDERS), LIVE].join(', ')}`,
  },
  async run(options): Promise<BenchmarkResult> {
    const sizes = options['events']?.split(',').map(Number) ?? DEFAULT_SIZES;
    const rounds = Number(options['runs'] ?? DEFAULT_RUNS);
    const wanted = options['only']?.split(',') ?? [...Object.keys(CONTENDERS), LIVE];
    const names = wanted.filter(isContender);
    await using stage = await openRestoreStage();
    const measured = new Map<number, Measured>();
    for (const events of sizes) {
      const topic = await stage.topic(events);
      const sealed = names.includes(SEALED) ? await stage.sealedTopic(events) : undefined;
      const runs = await measure(stage, { events, topic, sealed }, names, rounds);
      const live = wanted.includes(LIVE) ? await liveWhileRebuilt(stage, topic, events) : undefined;
      measured.set(events, { runs, live });
    }
    return report(stage, measured);
  },
};

/** All contenders take turns, so that what slows the machine for a while slows all of them. */
async function measure(
  stage: RestoreStage,
  { events, topic, sealed }: Topics,
  names: readonly ContenderName[],
  rounds: number,
): Promise<Runs> {
  const runs = new Map<ContenderName, MeasuredRun[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, of] of runs) {
      const database = await stage.database(`bench_${events}_${round}_${name.toLowerCase()}`);
      const { brokers, partitions } = stage;
      const read = name === SEALED ? sealed : undefined;
      const course = { brokers, topic, partitions, events, databaseUrl: database.url, ...read };
      of.push(await runContender(name, course));
      await database.drop();
    }
  }
  return runs;
}

async function liveWhileRebuilt(stage: RestoreStage, topic: string, events: number): Promise<LiveFigures> {
  const database = await stage.database(`bench_${events}_live`);
  const { brokers, partitions } = stage;
  const liveTopic = await stage.emptyTopic(`${topic}.live`);
  const course = { brokers, topic, liveTopic, partitions, events, databaseUrl: database.url };
  const figures = await measureLive(course);
  await database.drop();
  return figures;
}

function report(stage: RestoreStage, measured: ReadonlyMap<number, Measured>): BenchmarkResult {
  return {
    versions: stage.versions,
    table: [...measured].flatMap(([events, { runs }]) => rowsOf(events, runs)),
    notes: [
      'Each run in a process of its own, in turns; the median counts. kafkajs from joining its group to the last batch; ours from the call to rows that are indexed, compared with the live ones and switched to. Broker, Postgres and reader share this machine.',
      `Events of about 240 bytes with the headers of the real log, chained, ${VERSIONS} versions a key that lie far apart. COPY writes only the final rows, a ${VERSIONS}th of the events; its figure too is events a second.`,
      `Sealed: name, e-mail address, phone, street, postcode and organisation number of each contact, under a key of its own. The service holds every key when it begins; what is superseded is not opened.`,
      ...[...measured].flatMap(([events, { live }]) => (live ? [liveNote(events, live)] : [])),
    ],
    figures: figuresOf([...measured].at(-1)),
  };
}

function rowsOf(events: number, runs: Runs): Record<string, string | number>[] {
  const rates = ratesOf(events, runs);
  const than = (name: ContenderName, other: ContenderName): string =>
    ((rates.get(name) ?? Number.NaN) / (rates.get(other) ?? Number.NaN)).toFixed(2);
  return [...runs].map(([name, of]) => ({
    events,
    what: CONTENDERS[name],
    'events/s': Math.round(rates.get(name) ?? Number.NaN),
    '× (a)': than(name, 'consumeOnly'),
    '× (b)': than(name, 'consumeParse'),
    '× (c)': than(name, 'plainUpsert'),
    'CPU µs an event': ((medianOf(of, 'cpuMs') * 1_000) / events).toFixed(1),
    rows: of[0]?.rows ?? 0,
    'peak RSS MiB': Math.round(medianOf(of, 'peakMiB')),
  }));
}

function ratesOf(events: number, runs: Runs): ReadonlyMap<ContenderName, number> {
  return new Map([...runs].map(([name, of]) => [name, (events * 1_000) / medianOf(of, 'ms')]));
}

function liveNote(events: number, live: LiveFigures): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  return (
    `${events} events, ${live.changesPerSecond} changes a second meanwhile: 99 % of them were in the live rows within ${ms(live.idleP99Ms)} of their ` +
    `acknowledgement without a rebuild, ${ms(live.fullSpeedP99Ms)} during one at full speed, ${ms(live.throttledP99Ms)} during one throttled to ` +
    `half of it (${live.throttledTo} events/s). Live batches were held for ${live.switchMs.map(ms).join(', ')} by the switches.`
  );
}

/** What was measured of one size; names that were not are absent. */
function figuresOf(last: readonly [number, Measured] | undefined): Record<string, number> {
  if (!last) return {};
  const [events, { runs, live }] = last;
  const peaks = rebuilds(runs).map(({ peakMiB }) => peakMiB);
  return {
    ...Object.fromEntries(ratesOf(events, runs)),
    ...(peaks.length > 0 && { peakRssMiB: Math.max(...peaks) }),
    ...(live && {
      liveP99Ms: live.fullSpeedP99Ms,
      liveP99ThrottledMs: live.throttledP99Ms,
      liveP99IdleMs: live.idleP99Ms,
      switchMs: Math.max(...live.switchMs),
    }),
  };
}

function rebuilds(runs: Runs): readonly MeasuredRun[] {
  const names = ['rebuildState', SEALED, 'rebuildEvery'] as const;
  return names.flatMap((name) => runs.get(name) ?? []);
}

function medianOf(runs: readonly MeasuredRun[], what: 'ms' | 'cpuMs' | 'peakMiB'): number {
  return percentile(
    runs.map((run) => run[what]),
    50,
  );
}
