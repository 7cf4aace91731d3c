import type { EventCatalogue } from '@samspill/contracts';
import type { Reactor } from '@samspill/kernel';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log, PartitionRange, ReceivedRecord } from '../log.js';
import { writePlace } from '../parked/record-place.js';
import type { LedgerEntry } from './delivery.js';
import { reactTo } from './reactions.js';
import type { EventMeta } from '@samspill/kernel';
import type { RecentRecords } from './recent-records.js';

/**
 * Of what comes next is read ahead and kept: a read that begins anew costs as much as reading thousands of records, and what waited is delivered in some
 * order of the log. Little enough that what some companies read ahead does not push out one another's.
 */
const AHEAD_BYTES = 1024 * 1024;
/** Records between two that are wanted are read along with them where they are at most so many: cheaper than asking twice. */
const READ_ALONG = 500n;

export interface PayloadDependencies {
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly recent: RecentRecords;
}

/** What an entry's event means now, with the code and the keys of today. */
export type ReadPayload =
  | {
      readonly kind: 'payload';
      readonly payload: object;
      readonly content: string;
      readonly cause: EventMeta;
    }
  /** The reactor does not ask for this delivery any more. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'unusable'; readonly reason: string }
  /** Something else lies there: the topic was made anew, and intake will find the new place. */
  | { readonly kind: 'moved' };

/**
 * Reads from the log what entries are about: a ledger holds no payloads, so that whoever is forgotten is forgotten there too.
 * @param ahead entries that are wanted soon
 */
export async function readPayloads(
  reactor: Reactor,
  entries: readonly LedgerEntry[],
  dependencies: PayloadDependencies,
  ahead: readonly LedgerEntry[],
): Promise<ReadonlyMap<string, ReadPayload>> {
  const records = await readRecords(entries, dependencies, ahead);
  const { catalogue, keys } = dependencies;
  const found = entries.map((entry) => {
    const record = records.get(writePlace(entry.place));
    const { topic, partition } = entry.place;
    return { entry, event: record && new Incoming(record, topic, partition, catalogue) };
  });
  await keys?.unlock(found.flatMap(({ event }) => event ?? []));
  return new Map(
    found.map(({ entry, event }) => {
      const read = event ? payloadOf(reactor, entry, event) : ({ kind: 'moved' } as const);
      if (read.kind === 'moved') dependencies.recent.forget(entry.place);
      return [entry.thing, read];
    }),
  );
}

export async function readRecords(
  entries: readonly Pick<LedgerEntry, 'place'>[],
  { log, recent }: Pick<PayloadDependencies, 'log' | 'recent'>,
  ahead: readonly Pick<LedgerEntry, 'place'>[] = [],
): Promise<ReadonlyMap<string, ReceivedRecord>> {
  const records = new Map<string, ReceivedRecord>();
  const missing = new Map<string, LedgerEntry['place']>();
  for (const { place } of entries) {
    const record = recent.find(place);
    if (record) records.set(writePlace(place), record);
    else missing.set(writePlace(place), place);
  }
  if (missing.size === 0) return records;
  const soon = new Set(ahead.map(({ place }) => writePlace(place)));
  let aheadBytes = 0;
  const ranges = rangesOf(
    [...missing.values()],
    ahead.map(({ place }) => place),
  );
  await log.read(ranges, ({ topic, partition, records: batch }) => {
    for (const record of batch) {
      const place = { topic, partition, offset: record.offset };
      const name = writePlace(place);
      if (missing.has(name)) records.set(name, record);
      else if (soon.has(name) && aheadBytes < AHEAD_BYTES) aheadBytes += recent.keep(place, record);
    }
    return Promise.resolve();
  });
  return records;
}

function payloadOf(reactor: Reactor, entry: LedgerEntry, event: Incoming): ReadPayload {
  if (event.stream !== entry.stream || event.version !== entry.version) return { kind: 'moved' };
  const reaction = reactTo(reactor, event);
  if (reaction.kind === 'unusable') return reaction;
  const found = reaction.deliveries.find(({ intention }) => intention.thing === entry.thing);
  if (!found) return { kind: 'withdrawn' };
  const { payload, intention } = found;
  return { kind: 'payload', payload, content: intention.content, cause: reaction.cause };
}

/**
 * One range for places of a partition that lie close together.
 * @param alsoNear places that are read where they are near one that has to be
 */
function rangesOf(
  places: readonly LedgerEntry['place'][],
  alsoNear: readonly LedgerEntry['place'][],
): readonly PartitionRange[] {
  const ranges: { topic: string; partition: number; from: bigint; to: bigint }[] = [];
  const inOrder = [...places, ...alsoNear].toSorted((a, b) =>
    a.topic === b.topic && a.partition === b.partition
      ? Number(a.offset - b.offset)
      : `${a.topic}/${a.partition}` < `${b.topic}/${b.partition}`
        ? -1
        : 1,
  );
  for (const { topic, partition, offset } of inOrder) {
    const last = ranges.at(-1);
    const isNear = last?.topic === topic && last.partition === partition && offset - last.to <= READ_ALONG;
    if (isNear) last.to = offset + 1n;
    else ranges.push({ topic, partition, from: offset, to: offset + 1n });
  }
  return ranges.filter((range) => places.some((place) => isIn(range, place)));
}

function isIn({ topic, partition, from, to }: PartitionRange, place: LedgerEntry['place']): boolean {
  return place.topic === topic && place.partition === partition && place.offset >= from && place.offset < to;
}
