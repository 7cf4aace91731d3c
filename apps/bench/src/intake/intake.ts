import { uuidv7, type StoredEvent } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { peakRss } from '../process-memory.js';
import { eventOf, recordsOf } from './changes.js';
import { importCsv } from './csv-import.js';
import { loadThroughHttp } from './load.js';
import { propagation, type Propagation } from './propagation.js';
import { rawInsert, rawProduce } from './raw-limits.js';
import { openStage, type Stage } from './stage.js';

const DEFAULT_SIZES = [100_000, 1_000_000];
const DEFAULT_IMPORT_ROWS = 1_000_000;
/** Companies that send at once: each agent waits for its answer before it sends on. */
const COMPANIES = 4;
/** Events for the raw limits: enough for a steady rate, few enough to be held in memory. */
const RAW_EVENTS = 200_000;

interface SizeResult {
  readonly records: number;
  readonly rawInsert: number;
  readonly accepted: number;
  readonly rawProduce: number;
  readonly visible: number;
  readonly peakMiB: number;
}

/** What intake carries end to end, beside what Postgres and Kafka can do alone in the same run. */
export const intakeBenchmark: Benchmark = {
  name: 'intake',
  summary: 'changes accepted over HTTP, published to Kafka and visible in the contact directory, a second',
  options: {
    records: `sizes, separated by commas (${DEFAULT_SIZES.join(',')})`,
    import: `rows of the CSV import, 0 for none (${DEFAULT_IMPORT_ROWS})`,
  },
  async run(options): Promise<BenchmarkResult> {
    const sizes = (options['records']?.split(',').map(Number) ?? DEFAULT_SIZES).filter((size) => size > 0);
    const importRows = Number(options['import'] ?? DEFAULT_IMPORT_ROWS);
    await using stage = await openStage();
    const results: SizeResult[] = [];
    let seed = 1;
    for (const size of sizes) {
      const companies: CompanyId[] = [];
      for (let nth = 0; nth < COMPANIES; nth += 1) companies.push(await stage.company(seed++));
      results.push(await measure(stage, companies, size));
    }
    const steady = await propagation(stage, await stage.company(seed++));
    const imported =
      importRows > 0 ? await measureImport(stage, await stage.company(seed++), importRows) : undefined;
    return report(stage, results, steady, imported);
  },
};

async function measure(stage: Stage, companies: readonly CompanyId[], size: number): Promise<SizeResult> {
  const events = sampleEvents(companies, Math.min(size, RAW_EVENTS));
  const name = `raw_${uuidv7().replaceAll('-', '')}`;
  const insert = await rawInsert(await stage.databaseUrl(name), events);
  const produce = await rawProduce(stage.brokers, name, events);
  const count = Math.floor(size / companies.length);
  const { result, peakMiB } = await peakRss(stage.contacts.pid, () =>
    loadThroughHttp(
      stage,
      companies.map((id, nth) => ({ id, records: recordsOf(nth + 1, count), count })),
    ),
  );
  const records = count * companies.length;
  const rate = (ms: number): number => (records * 1_000) / ms;
  return {
    records,
    rawInsert: insert,
    accepted: rate(result.acceptedMs),
    rawProduce: produce,
    visible: rate(result.visibleMs),
    peakMiB,
  };
}

function sampleEvents(companies: readonly CompanyId[], count: number): StoredEvent[] {
  const each = Math.floor(count / companies.length);
  return companies.flatMap((company, nth) =>
    [...recordsOf(nth + 1, each)].map((record) => eventOf(company, record)),
  );
}

interface ImportResult {
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly peakMiB: number;
}

async function measureImport(stage: Stage, company: CompanyId, rows: number): Promise<ImportResult> {
  const { result, peakMiB } = await peakRss(stage.contacts.pid, () => importCsv(stage, company, rows));
  return { rows, rowsPerSecond: (rows * 1_000) / result, peakMiB };
}

function report(
  stage: Stage,
  results: readonly SizeResult[],
  steady: Propagation,
  imported: ImportResult | undefined,
): BenchmarkResult {
  const last = results.at(-1);
  const peakMiB = Math.max(...results.map((result) => result.peakMiB), imported?.peakMiB ?? 0);
  return {
    versions: stage.versions,
    table: results.map((result) => ({
      records: result.records,
      'raw insert/s': Math.round(result.rawInsert),
      'accepted/s': Math.round(result.accepted),
      'of raw insert': share(result.accepted, result.rawInsert),
      'raw produce/s': Math.round(result.rawProduce),
      'visible/s': Math.round(result.visible),
      'of raw produce': share(result.visible, result.rawProduce),
      'peak RSS MiB': Math.round(result.peakMiB),
    })),
    notes: [
      `${COMPANIES} agents send batches of 2,000 at once. Accepted: first request to last answer. Visible: first request to last row in the directory. Everything runs on this one machine, this program included.`,
      `A steady ${Math.round(steady.changes / 30)} changes/s, each its own batch: from HTTP answer to visible row p50 ${steady.p50Ms.toFixed(1)} ms, p99 ${steady.p99Ms.toFixed(1)} ms (${steady.changes} changes).`,
      ...(imported
        ? [
            `CSV import of ${imported.rows} rows, from upload to applied: ${Math.round(imported.rowsPerSecond)} rows/s, peak RSS ${Math.round(imported.peakMiB)} MiB.`,
          ]
        : []),
    ],
    figures: {
      rawInsert: last?.rawInsert ?? Number.NaN,
      accepted: last?.accepted ?? Number.NaN,
      rawProduce: last?.rawProduce ?? Number.NaN,
      visible: last?.visible ?? Number.NaN,
      propagationP50Ms: steady.p50Ms,
      propagationP99Ms: steady.p99Ms,
      peakRssMiB: peakMiB,
      ...(imported
        ? { importRowsPerSecond: imported.rowsPerSecond, importPeakRssMiB: imported.peakMiB }
        : {}),
    },
  };
}

function share(part: number, whole: number): string {
  return `${Math.round((part / whole) * 100)} %`;
}
