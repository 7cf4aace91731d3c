import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent, Projection, Row } from '@samspill/kernel';
import fc from 'fast-check';
import { MemoryProjectionStore } from './adapters/memory/memory-projection-store.js';
import { MemoryReadTables } from './adapters/memory/memory-read-tables.js';
import { expectedRows, sortedByKey } from './conformance/model.js';
import { recordOf, storedEvent } from './conformance/scene.js';
import { ScriptedLog } from './conformance/scripted-log.js';
import { accountProjection, POISON } from './conformance/toy/account.projection.js';
import { balanceProjection, IMPOSSIBLE_AMOUNT } from './conformance/toy/balance.projection.js';
import { bankEvents, ownerEvents } from './conformance/toy/toy-events.js';
import { account, closed, emptied, left, moved, named, noted } from './conformance/toy/toy-writing.js';
import type { StoredEvent } from './event-store.js';
import { silentLogger } from './logger.js';
import { Projector } from './projector.js';
import { loadGeneration } from './rebuild/build-generation.js';
import { GapReport } from './rebuild/gap-report.js';

const PARTITIONS = 2;
const topics = { bank: 'bank', owners: 'owners' };
const projections = [accountProjection(topics.bank), balanceProjection(topics.bank, topics.owners)];
const catalogue = new EventCatalogue([...bankEvents, ...ownerEvents]);

/** An event of the bank or of the owners, and the stream that it belongs to. */
type Step = readonly [stream: string, event: DomainEvent];
const number = fc.constantFrom('1', '2');
const company = fc.constantFrom('a', 'b', 'c');
const name = fc.constantFrom('A', 'B', 'C');
const amount = fc.constantFrom(1, 2, 3);

const step = (names: fc.Arbitrary<string>, amounts: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.tuple(company, number, fc.nat(7), names, amounts).map(([of, which, kind, called, sum]): Step => {
    const [accounts, ledger, owner] = ['account', 'ledger', 'owner'].map(
      (kind_) => `toy.${kind_}/${of}/${which}`,
    );
    switch (kind) {
      case 0:
        return [accounts ?? '', closed(which)];
      case 1:
        return [accounts ?? '', noted(called)];
      case 2:
        return [ledger ?? '', emptied(which)];
      case 3:
        return [owner ?? '', left(which)];
      case 4:
        return [owner ?? '', named(which, called)];
      case 5:
        return [accounts ?? '', account(which, called)];
      default:
        return [ledger ?? '', moved(which, sum, called)];
    }
  });
const sound = fc.array(step(name, amount), { maxLength: 40 });
const withPoison = fc.array(
  step(
    fc.oneof({ weight: 2, arbitrary: name }, { weight: 1, arbitrary: fc.constant(POISON) }),
    fc.constantFrom(1, 2, IMPOSSIBLE_AMOUNT),
  ),
  { maxLength: 40 },
);
/** Where a publisher begins again, and from how far back: what was sent since then is on the log twice. */
const repeats = fc.array(fc.tuple(fc.nat(60), fc.nat(10)), { maxLength: 4 });
/** Which partition goes on next, and how many records it is given. */
const cuts = fc.infiniteStream(fc.tuple(fc.nat(2 * PARTITIONS - 1), fc.integer({ min: 1, max: 12 })));

describe('projecting', () => {
  beforeAll(async () => {
    spillFolder = await mkdtemp(join(tmpdir(), 'samspill-fold-'));
  });
  afterAll(async () => rm(spillFolder, { recursive: true }));

  it('G28 gives the same rows, versions and parked events whatever memory a rebuild has', async () => {
    const memory = fc.integer({ min: 1, max: 20_000 });
    await fc.assert(
      fc.asyncProperty(withPoison, repeats, cuts, memory, async (steps, again, order, memoryBytes) => {
        const { rebuilt: roomy } = await project(stored(steps), again, order);
        const { rebuilt: narrow } = await project(stored(steps), again, order, memoryBytes);
        for (const projection of projections) {
          expect(narrow.rows(projection)).toEqual(roomy.rows(projection));
          expect(narrow.versions(projection)).toEqual(roomy.versions(projection));
          expect(narrow.parked(projection)).toEqual(roomy.parked(projection));
        }
      }),
      { numRuns: 60, seed: 11 },
    );
    expect(await readdir(spillFolder)).toEqual([]);
  });

  it('gives the rows of the plain fold for any cuts, interleaving and repeats', async () => {
    await fc.assert(
      fc.asyncProperty(sound, repeats, cuts, async (steps, again, order) => {
        const events = stored(steps);
        const { live } = await project(events, again, order);
        for (const projection of projections) {
          expect(sortedByKey(projection, live.rows(projection))).toEqual(expectedRows(projection, events));
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('gives the same rows and parks the same events live as in a rebuild, for any cuts, interleaving and repeats', async () => {
    await fc.assert(
      fc.asyncProperty(withPoison, repeats, cuts, async (steps, again, order) => {
        const { live, rebuilt } = await project(stored(steps), again, order);
        for (const projection of projections) {
          expect(live.rows(projection)).toEqual(rebuilt.rows(projection));
          expect(live.parked(projection)).toEqual(rebuilt.parked(projection));
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

function stored(steps: readonly Step[]): readonly StoredEvent[] {
  const versions = new Map<string, number>();
  return steps.map(([stream, event], index) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return storedEvent(stream, version, event, {
      time: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
    });
  });
}

interface Outcome {
  rows(projection: Projection): readonly Row[];
  /** Of the streams that no row holds, where every event counts. */
  versions(projection: Projection): readonly (readonly [string, number])[];
  parked(projection: Projection): readonly string[];
}

let spillFolder = '';

async function project(
  events: readonly StoredEvent[],
  again: readonly (readonly [number, number])[],
  order: Iterable<readonly [number, number]>,
  memoryBytes = Infinity,
): Promise<{ readonly live: Outcome; readonly rebuilt: Outcome }> {
  const log = new ScriptedLog(written(events, again));
  const [liveTables, rebuiltTables] = [new MemoryReadTables(), new MemoryReadTables()];
  const store = new MemoryProjectionStore(liveTables);
  const checkpoints = Object.values(topics).flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic,
      partition,
      nextOffset: 0n,
      log: undefined,
    })),
  );
  for (const projection of projections) {
    const generation = await store.createGeneration(projection);
    const own = checkpoints.filter(({ topic }) => projection.topics.includes(topic));
    await store.load(projection, generation, { checkpoints: own, chunks: [] });
    await store.index(projection, generation);
    await store.switchTo(projection, generation, 0);
  }
  const projector = new Projector('test', projections, {
    store,
    log,
    catalogue,
    logger: silentLogger,
  });
  await projector.start();
  await handOver(log, order);
  await projector.stop();
  for (const projection of projections) {
    await build(projection, new MemoryProjectionStore(rebuiltTables), log, memoryBytes);
  }
  return { live: outcome(liveTables), rebuilt: outcome(rebuiltTables) };
}

/** Builds a generation as a rebuild does, and makes it live. */
async function build(
  projection: Projection,
  store: MemoryProjectionStore,
  log: ScriptedLog,
  memoryBytes: number,
): Promise<void> {
  const dependencies = { store, log, catalogue, logger: silentLogger };
  const number = await store.createGeneration(projection);
  const [generation] = await store.generations(projection);
  if (!generation) throw new Error('there is no generation');
  const gaps = new GapReport();
  await loadGeneration(projection, generation, dependencies, { memoryBytes, spillFolder, gaps }, watching);
  await store.index(projection, number);
  await store.switchTo(projection, number, 0);
  expect(gaps.found.streams).toBe(0);
}

const watching = {
  signal: new AbortController().signal,
  passed: () => Promise.resolve(),
  planned: () => undefined,
  partitions: () => undefined,
  spilled: () => undefined,
  folded: () => Promise.resolve(),
};

/** The log that events make, with some of what was sent last sent again here and there. */
function written(
  events: readonly StoredEvent[],
  again: readonly (readonly [number, number])[],
): ReadonlyMap<string, readonly (readonly ReturnType<typeof recordOf>[])[]> {
  const log = new Map(
    Object.values(topics).map((topic) => [
      topic,
      Array.from({ length: PARTITIONS }, (): StoredEvent[] => []),
    ]),
  );
  for (const [index, event] of events.entries()) {
    const topic = event.type.startsWith('toy.owner') ? topics.owners : topics.bank;
    const partition = log.get(topic)?.[event.key.charCodeAt(0) % PARTITIONS];
    partition?.push(event);
    for (const [at, back] of again) if (at === index && back > 0) partition?.push(...partition.slice(-back));
  }
  return new Map(
    [...log].map(([topic, partitions]) => [topic, partitions.map((content) => content.map(recordOf))]),
  );
}

async function handOver(log: ScriptedLog, order: Iterable<readonly [number, number]>): Promise<void> {
  const places = Object.values(topics).flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_, partition) => [topic, partition] as const),
  );
  const finished = new Set<number>();
  for (const [place, count] of order) {
    const [topic, partition] = places[place] ?? ['', 0];
    if (finished.has(place)) continue;
    if (!(await log.hand(topic, partition, count))) finished.add(place);
    if (finished.size === places.length) return;
  }
}

function outcome(tables: MemoryReadTables): Outcome {
  const live = (projection: Projection) => tables.of(projection).find(({ state }) => state === 'live');
  return {
    rows: (projection) => sortedByKey(projection, tables.live(projection)),
    versions: (projection) => [...(live(projection)?.versions ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)),
    parked: (projection) =>
      [...(live(projection)?.parked.values() ?? [])]
        .map(({ event, reason }) => `${event.stream}@${event.version}: ${reason}`)
        .sort(),
  };
}
