import { MalformedRecordError, fromRecord } from './codec.js';
import {
  ForkError,
  type EventStore,
  type Publication,
  type ReservationChange,
  type StoredEvent,
} from './event-store.js';
import type { Log, PartitionEnds, PartitionRange, ReceivedRecord, RecordBatch } from './log.js';
import type { Logger } from './logger.js';

export interface ReconcileDependencies {
  readonly store: EventStore;
  readonly log: Log;
  readonly topic: string;
  readonly logger: Logger;
  /** Reservations that events imply. */
  readonly reservations: (events: readonly StoredEvent[]) => Promise<readonly ReservationChange[]>;
  /** Drops the keys that events taken in say are forgotten. */
  readonly forget?: (events: readonly StoredEvent[]) => Promise<void>;
}

/**
 * Brings the store and the end of its topic together for shards that this process alone may publish. What the log has and the
 * store lacks is taken in; what the store has published and the log lacks goes back to the outbox.
 * @throws ForkError when a stream version is one event here and another there.
 */
export async function reconcile(
  shards: readonly number[],
  dependencies: ReconcileDependencies,
): Promise<void> {
  const { store, log, topic } = dependencies;
  const ends = await log.ends(topic);
  const publications = new Map(
    (await store.publications()).map((publication) => [publication.shard, publication]),
  );
  const tails: PartitionRange[] = [];
  const whole: number[] = [];
  for (const shard of shards) {
    const end = ends[shard];
    if (!end) throw new RangeError(`${topic} has no partition ${shard}`);
    const publication = publications.get(shard);
    if (publication && continues(publication, end)) {
      tails.push({ topic, partition: shard, from: publication.offset, to: end.end });
    } else {
      whole.push(shard);
    }
  }
  const diverged = await readTails(tails, publications, dependencies);
  for (const shard of [...whole, ...diverged])
    await compareWhole(shard, ends[shard], publications.has(shard), dependencies);
}

/** Whether the partition may still be the one that was published to: same first record, and not shorter than what was written. */
export function continues(publication: Publication, end: PartitionEnds): boolean {
  return publication.log === end.identity && end.end > publication.offset;
}

/** Takes in what came after the last publication known. Returns shards whose record at that offset is another one. */
async function readTails(
  tails: readonly PartitionRange[],
  publications: ReadonlyMap<number, Publication>,
  dependencies: ReconcileDependencies,
): Promise<readonly number[]> {
  const diverged = new Set<number>();
  await dependencies.log.read(tails, async (batch) => {
    const publication = publications.get(batch.partition);
    if (!publication || diverged.has(batch.partition)) return;
    const anchor = batch.records.find((record) => record.offset === publication.offset);
    if (anchor && anchor.header('ce_id') !== publication.eventId) {
      diverged.add(batch.partition);
      return;
    }
    await takeIn(
      batch,
      batch.records.filter((record) => record.offset > publication.offset),
      publication.log,
      dependencies,
    );
  });
  return [...diverged];
}

/** Compares a shard with its whole partition: for an empty store, and for a topic that was made anew or cut. */
async function compareWhole(
  shard: number,
  end: PartitionEnds | undefined,
  hadPublished: boolean,
  dependencies: ReconcileDependencies,
): Promise<void> {
  if (!end) return;
  const { store, log, topic, logger } = dependencies;
  const onLog = new Set<string>();
  await log.read([{ topic, partition: shard, from: end.begin, to: end.end }], async (batch) => {
    for (const record of batch.records) {
      const id = record.header('ce_id');
      if (id !== undefined) onLog.add(id);
    }
    await takeIn(batch, batch.records, end.identity ?? '', dependencies);
  });
  // A store that never published has all its events in the outbox anyway.
  if (!hadPublished) return;
  const count = await store.republishMissing(shard, onLog);
  if (count > 0)
    logger.warn('the log lacks events that were published; they are published again', {
      topic,
      shard,
      count,
    });
}

async function takeIn(
  batch: RecordBatch,
  records: readonly ReceivedRecord[],
  log: string,
  { store, logger, reservations, forget }: ReconcileDependencies,
): Promise<void> {
  const events: StoredEvent[] = [];
  const byKey = new Map<string, StoredEvent>();
  let last: Publication | undefined;
  for (const record of records) {
    try {
      const event = fromRecord(record);
      last = { shard: batch.partition, log, offset: record.offset, eventId: event.id };
      const name = `${event.stream}@${event.version}`;
      const before = byKey.get(name);
      if (before && before.id !== event.id)
        throw new ForkError(event.stream, event.version, before.id, event.id);
      if (before) continue; // a repeat on the log
      byKey.set(name, event);
      events.push(event);
    } catch (error) {
      if (!(error instanceof MalformedRecordError)) throw error;
      logger.error('a record on our own topic is not an event', {
        offset: record.offset.toString(),
        reason: error.message,
      });
    }
  }
  await forget?.(events);
  if (events.length > 0) await store.takeIn(batch.partition, events, await reservations(events));
  if (last) await store.acknowledge([], [last]);
}
