import { ChainCheck, type ChainFaultKind } from './chain-check.js';
import { fromRecord, MalformedRecordError } from './codec.js';
import { chainHash } from './chain.js';
import type { Publication, StoredEvent } from './event-store.js';
import type { Log, PartitionEnds, ReceivedRecord } from './log.js';

/** Faults that are named; all are counted. */
const NAMED_FAULTS = 100;

export type LogFaultKind =
  | ChainFaultKind
  /** Records are gone from the beginning of a partition. */
  | 'beginning-missing'
  /** What was published is not there any more. */
  | 'end-missing'
  /** A record that is not an event. */
  | 'malformed'
  /** The service's event store lacks the event, or holds another one in its place. */
  | 'not-as-stored';

export interface LogFault {
  readonly kind: LogFaultKind;
  readonly topic: string;
  readonly partition: number;
  /** Where it was met; absent where it is about the partition as a whole. */
  readonly offset?: string;
  readonly detail: string;
}

export interface LogVerification {
  readonly events: number;
  readonly streams: number;
  readonly faults: number;
  /** The first {@link NAMED_FAULTS} of them. */
  readonly named: readonly LogFault[];
  readonly durationMs: number;
}

export interface VerificationProgress {
  readonly read: number;
  readonly total: number;
}

/** A claim that the log held an event at a place, made when it was published. */
export interface Anchor {
  readonly partition: number;
  readonly offset: bigint;
  readonly eventId: string;
}

export interface LogVerificationDependencies {
  readonly log: Log;
  readonly topic: string;
  /** What the event store has published last, by partition. */
  readonly publications: () => Promise<readonly Publication[]>;
  /** The event store's own copies of events, by `stream@version`. */
  readonly stored: (events: readonly StoredEvent[]) => Promise<ReadonlyMap<string, StoredEvent>>;
  /** Claims that an event of the log itself makes about its partitions, if it makes any. */
  readonly anchorsIn: (record: ReceivedRecord) => readonly Anchor[];
  readonly now: () => number;
}

/**
 * Reads a topic from the first to the last record and checks that it is what was written: no partition has lost its beginning or its
 * end, every stream counts from 1 without holes, each event follows from the one before it, and the event store has the same. One
 * partition after the other, so that it holds a hash for each stream of a partition and no more: about 200 bytes a stream.
 *
 * @throws PlatformError where the log cannot be read
 */
export async function verifyLog(
  dependencies: LogVerificationDependencies,
  options: {
    readonly onProgress?: (progress: VerificationProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<LogVerification> {
  const { log, topic, now } = dependencies;
  const startedMs = now();
  // Before the ends are looked at: what was published by then is below them.
  const published = await dependencies.publications();
  const ends = await log.ends(topic);
  const total = ends.reduce((sum, { begin, end }) => sum + Number(end - begin), 0);
  const report = new Report();
  const anchors: Anchor[] = published.map(({ shard, offset, eventId }) => ({
    partition: shard,
    offset,
    eventId,
  }));
  for (const [partition, { begin, end }] of ends.entries()) {
    if (begin > 0n) {
      report.add({ kind: 'beginning-missing', topic, partition, detail: `begins at offset ${begin}` });
    }
    const check = new ChainCheck();
    await log.read(
      [{ topic, partition, from: begin, to: end }],
      async (batch) => {
        report.events += batch.records.length;
        anchors.push(...batch.records.flatMap((record) => dependencies.anchorsIn(record)));
        const events = eventsOf(batch.records, { topic, partition, report });
        for (const { event, hash, offset } of events) {
          const fault = check.next(event, hash);
          if (fault) report.add({ ...fault, topic, partition, offset });
        }
        await compareWithStore(dependencies, events, partition, report);
        options.onProgress?.({ read: report.events, total });
      },
      options.signal,
    );
    options.signal?.throwIfAborted();
    report.streams += check.streams;
  }
  await checkAnchors(dependencies, anchors, ends, report);
  return {
    events: report.events,
    streams: report.streams,
    faults: report.faults,
    named: report.named,
    durationMs: now() - startedMs,
  };
}

class Report {
  events = 0;
  streams = 0;
  faults = 0;
  readonly named: LogFault[] = [];

  add(fault: LogFault): void {
    this.faults += 1;
    if (this.named.length < NAMED_FAULTS) this.named.push(fault);
  }
}

interface Placed {
  readonly event: StoredEvent;
  /** Its {@link chainHash}. */
  readonly hash: string;
  readonly offset: string;
}

/** The events among the records; what is none is reported. */
function eventsOf(
  records: readonly ReceivedRecord[],
  {
    topic,
    partition,
    report,
  }: { readonly topic: string; readonly partition: number; readonly report: Report },
): readonly Placed[] {
  return records.flatMap((record) => {
    const offset = record.offset.toString();
    try {
      const event = fromRecord(record);
      return [{ event, hash: chainHash(event), offset }];
    } catch (error) {
      if (!(error instanceof MalformedRecordError)) throw error;
      report.add({ kind: 'malformed', topic, partition, offset, detail: error.message });
      return [];
    }
  });
}

/** Published events are in the store before they are on the log, so that none may be missing there. */
async function compareWithStore(
  { stored, topic }: LogVerificationDependencies,
  events: readonly Placed[],
  partition: number,
  report: Report,
): Promise<void> {
  const known = await stored(events.map(({ event }) => event));
  for (const { event, hash, offset } of events) {
    const name = `${event.stream}@${event.version}`;
    const own = known.get(name);
    if (own && chainHash(own) === hash) continue;
    const detail = own ? `${name} is another event in the event store` : `${name} is not in the event store`;
    report.add({ kind: 'not-as-stored', topic, partition, offset, detail });
  }
}

/** Of each partition only the furthest claims matter: one that is kept vouches for those before it, which the chains do as well. */
async function checkAnchors(
  { log, topic }: LogVerificationDependencies,
  anchors: readonly Anchor[],
  ends: readonly PartitionEnds[],
  report: Report,
): Promise<void> {
  const furthest = new Map<number, Anchor>();
  for (const anchor of anchors) {
    const known = furthest.get(anchor.partition);
    if (!known || known.offset < anchor.offset) furthest.set(anchor.partition, anchor);
  }
  for (const { partition, offset, eventId } of furthest.values()) {
    const end = ends[partition]?.end ?? 0n;
    const missing = { kind: 'end-missing', topic, partition, offset: offset.toString() } as const;
    if (offset >= end) {
      report.add({ ...missing, detail: `ends at offset ${end}, though event ${eventId} was at ${offset}` });
      continue;
    }
    let found: string | undefined;
    await log.read([{ topic, partition, from: offset, to: offset + 1n }], (batch) => {
      found = batch.records[0]?.header('ce_id');
      return Promise.resolve();
    });
    if (found !== eventId) {
      report.add({ ...missing, detail: `holds event ${found ?? 'none'} where event ${eventId} was` });
    }
  }
}
