import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.js';
import { deliveriesBenchmark } from './deliveries/deliveries.js';
import { authzBenchmark } from './authz/authz.js';
import { intakeBenchmark } from './intake/intake.js';
import { restoreBenchmark } from './restore/restore.js';
import { searchBenchmark } from './search/search.js';

const BENCHMARKS: readonly Benchmark[] = [
  intakeBenchmark,
  searchBenchmark,
  restoreBenchmark,
  deliveriesBenchmark,
  authzBenchmark,
];

async function main(args: readonly string[]): Promise<void> {
  const benchmark = BENCHMARKS.find(({ name }) => name === args[0]);
  if (!benchmark) {
    console.error(`Usage: npm run bench -- NAME [options]\n\n${BENCHMARKS.map(usage).join('\n\n')}`);
    process.exitCode = 1;
    return;
  }
  const names = [...Object.keys(benchmark.options), 'json'];
  const { values } = parseArgs({
    args: args.slice(1),
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  console.log(`${benchmark.name}: ${benchmark.summary}`);
  console.log(machine());
  const result = await benchmark.run(given);
  console.log(result.versions);
  console.table(result.table);
  for (const note of result.notes) console.log(note);
  const json = given['json'];
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify(result.figures, null, 2)}\n`);
    console.log(`Figures are in ${json}.`);
  }
}

function machine(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores of ${cpu?.model ?? 'unknown make'}, ${memoryGiB} GiB, ${process.platform} ${process.arch}`;
}

function usage({ name, summary, options }: Benchmark): string {
  const lines = Object.entries({
    ...options,
    json: 'write the figures to this file; of several sizes, those of the last',
  }).map(([option, meaning]) => `    --${option}  ${meaning}`);
  return `  ${name}  ${summary}\n${lines.join('\n')}`;
}

await main(process.argv.slice(2));
