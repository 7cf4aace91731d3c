import { expect } from '@jest/globals';
import { z } from 'zod';
import { streamName } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { fromRecord } from '../codec.js';
import type { StoredEvent } from '../event-store.js';
import { expectedRows } from './model.js';
import type { Work } from './random-work.js';
import type { Scene } from './scene.js';
import type { ToyProcess } from './toy/toy-process.js';

const withId = z.looseObject({ id: z.string() });

/** What a writer tried, and whether it was told that it was written. */
export interface Attempt extends Work {
  readonly acknowledged: boolean;
}

/**
 * Holds the store, the log and the rows of two services against what was tried: everything acknowledged is there once, nothing is
 * there that nobody tried, in the order of the streams; and a rebuild gives the same rows.
 */
export async function nothingLostOrDoubled(
  scene: Scene,
  { bank, owners }: { readonly bank: ToyProcess; readonly owners: ToyProcess },
  attempts: readonly Attempt[],
): Promise<void> {
  for (const process of [bank, owners]) await scene.published(process);
  await scene.caughtUp(bank);
  await scene.operationsEnded(bank);
  const events: StoredEvent[] = [];
  for (const process of [bank, owners]) {
    const { topic } = process.eventLog.manifest;
    const stored = await eventsOf(process, attempts);
    writtenOnce(
      stored,
      attempts.filter(({ stream }) => stored.has(stream) || isOf(process, stream)),
    );
    await publishedInOrder(scene, topic, new Map([...stored, ...(await recordOnce(scene, process))]));
    events.push(...[...stored.values()].flat());
  }
  for (const projection of scene.bankManifest.projections) {
    const rows = await scene.bankDatabase.rows(projection);
    expect(rows).toEqual(expectedRows(projection, events));
    const live = await bank.eventLog.fingerprint(projection.name);
    await bank.eventLog.rebuild(projection.name);
    expect(await bank.eventLog.fingerprint(projection.name)).toEqual(live);
    expect(
      await scene.parked(bank, projection.name === 'toy.account' ? 'toy.account' : 'toy.balance'),
    ).toEqual([]);
  }
}

function isOf(process: ToyProcess, stream: string): boolean {
  return stream.startsWith('toy.owner/') === (process.eventLog.manifest.source === 'toy-owners');
}

async function eventsOf(
  process: ToyProcess,
  attempts: readonly Attempt[],
): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
  const streams = [...new Set(attempts.map(({ stream }) => stream))].filter((stream) =>
    isOf(process, stream),
  );
  const stored = new Map<string, readonly StoredEvent[]>();
  for (const stream of streams) stored.set(stream, await process.eventStore.read(stream));
  return stored;
}

/** Every attempt is in the store wholly and once, or not at all; and wholly if it was acknowledged. */
function writtenOnce(
  stored: ReadonlyMap<string, readonly StoredEvent[]>,
  attempts: readonly Attempt[],
): void {
  const written = new Map<string, string[]>();
  for (const [stream, events] of stored) {
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
    for (const event of events) {
      const { correlationId } = event;
      written.set(correlationId, [...(written.get(correlationId) ?? []), `${stream} ${event.type}`]);
    }
  }
  for (const attempt of attempts) {
    const found = written.get(attempt.reference);
    written.delete(attempt.reference);
    if (found === undefined && !attempt.acknowledged) continue;
    expect([attempt.reference, found]).toEqual([
      attempt.reference,
      attempt.events.map(({ type }) => `${attempt.stream} ${type}`),
    ]);
  }
  expect([...written.keys()]).toEqual([]);
}

/** What operators have done is on record once, and nothing waits to be. */
async function recordOnce(
  scene: Scene,
  process: ToyProcess,
): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
  await waitFor(async () => (await process.projectionStore.operations.notes.waiting(1)).length === 0, {
    describe: 'everything to be on record',
  });
  await scene.published(process);
  const stream = streamName(`${process.eventLog.manifest.name}.operations`, 'audit');
  const events = await process.eventStore.read(stream);
  const entries = events.map(({ value }) => withId.parse(JSON.parse(value.toString('utf8'))).id);
  expect(entries).toEqual([...new Set(entries)]);
  return new Map([[stream, events]]);
}

/** The log has just the store's events, each stream's in its order once repeats are dropped. */
async function publishedInOrder(
  scene: Scene,
  topic: string,
  stored: ReadonlyMap<string, readonly StoredEvent[]>,
): Promise<void> {
  const onLog = new Map<string, StoredEvent[]>();
  for (const record of await scene.records(topic)) {
    const event = fromRecord(record);
    if (isAboutReactors(event.stream)) continue; // written by the service for itself, and by no attempt
    const stream = onLog.get(event.stream) ?? [];
    const before = stream.find(({ version }) => version === event.version);
    if (before) expect(event.id).toBe(before.id);
    else onLog.set(event.stream, [...stream, event]);
  }
  const written = new Map([...stored].filter(([, events]) => events.length > 0));
  expect(new Map([...onLog].sort())).toEqual(new Map([...written].sort()));
}

function isAboutReactors(stream: string): boolean {
  return /\.(?:reactor|delivery)\//.test(stream);
}
