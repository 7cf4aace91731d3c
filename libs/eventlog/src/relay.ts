import { randomUUID } from 'node:crypto';
import { reasonOf } from '@samspill/kernel';
import { BackgroundLoop } from './background-loop.js';
import { asFirstRecord, toRecord } from './codec.js';
import type { OutboxEntry, Publication, ShardLease } from './event-store.js';
import type { LogRecord, LogWriter } from './log.js';
import { recordBytes } from './record-size.js';
import { continues, reconcile, type ReconcileDependencies } from './reconcile.js';
import { Backoff } from './retry.js';
import { inSend } from './telemetry/messaging.js';

/** Sleep when nothing is unpublished. Appends of this process wake the relay at once; those of others wait at most this long. */
const POLL_MS = 50;
/** How often an idle relay looks whether its partitions are still those that it has published to: a topic may be made anew at any time. */
const WATCH_MS = 5_000;
/** How often shards are asked for that another process holds. */
const ACQUIRE_MS = 1_000;
const RETRY = { firstMs: 100, maxMs: 5_000 };
/** Events of one shard in one go. A company's bulk import lies in one shard, so this is also its batch on the log. */
const MAX_EVENTS_PER_SHARD = 2_000;
/** Kafka refuses a batch above 1 MiB (`message.max.bytes`); the rest is room for framing. */
const MAX_BYTES_PER_SHARD = 900 * 1024;

export type RelayState =
  | { readonly state: 'stopped' | 'starting' }
  | { readonly state: 'running'; readonly shards: readonly number[] }
  | { readonly state: 'failing'; readonly reason: string };

export interface RelayDependencies extends ReconcileDependencies {
  /** `ce_source` of the events. */
  readonly source: string;
  readonly partitions: number;
}

/**
 * Publishes the outbox: one leader a shard, in the order of positions, one send in flight. It stops at the first failure and
 * begins again from the outbox with a new writer, so an event may come twice on the log but never be lost or out of order.
 */
export class Relay {
  #state: RelayState = { state: 'stopped' };
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));
  /** How often it was to let go of everything. */
  #reopenings = 0;
  /** Which topic shards were compared with: nothing is sent to another. */
  #topicIdentity: string | undefined;
  /** By shard, since this process took it: which log it is, and where it ended after our last write. */
  readonly #identities = new Map<number, string>();
  readonly #ends = new Map<number, bigint>();

  constructor(private readonly dependencies: RelayDependencies) {}

  get state(): RelayState {
    return this.#state;
  }

  /** Tells that something was appended. */
  wake(): void {
    this.#loop.wake();
  }

  /** Lets go of all shards and takes them again, so that each is compared with its partition before anything else is published. */
  reopen(): void {
    this.#reopenings += 1;
    this.#loop.wake();
  }

  start(): void {
    this.#state = { state: 'starting' };
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#state = { state: 'stopped' };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      try {
        await this.#lead(signal, () => backoff.reset());
      } catch (error) {
        const reason = reasonOf(error);
        this.#state = { state: 'failing', reason };
        this.dependencies.logger.error('publishing has stopped and will be tried again', {
          topic: this.dependencies.topic,
          reason,
        });
        await backoff.wait(signal);
      }
    }
  }

  async #lead(signal: AbortSignal, healthy: () => void): Promise<void> {
    const { store, log, partitions } = this.dependencies;
    const lost = new AbortController();
    const lease = await store.lease((reason) => {
      lost.abort(reason);
      this.#loop.wake();
    });
    let writer: LogWriter | undefined;
    this.#topicIdentity = undefined;
    this.#identities.clear();
    this.#ends.clear();
    const reopenings = this.#reopenings;
    try {
      const open = new Set<number>();
      let acquireAtMs = 0;
      let watchAtMs = Date.now() + WATCH_MS;
      while (!signal.aborted && this.#reopenings === reopenings) {
        lost.signal.throwIfAborted();
        if (open.size < partitions && Date.now() >= acquireAtMs) {
          await this.#open(lease, open);
          acquireAtMs = Date.now() + ACQUIRE_MS;
        }
        writer ??= open.size > 0 ? await log.writer() : undefined;
        if (Date.now() >= watchAtMs) {
          await this.#watch(open);
          watchAtMs = Date.now() + WATCH_MS;
        }
        const published = writer ? await this.#publish(writer, [...open], lost.signal) : 0;
        this.#state = { state: 'running', shards: [...open] };
        healthy();
        // Fewer than there may be: that was all of it, and whoever appends in this process wakes it.
        if (published < MAX_EVENTS_PER_SHARD) await this.#loop.sleep(POLL_MS);
      }
    } finally {
      await writer?.close().catch(() => undefined);
      await lease.release();
    }
  }

  /** Takes the shards that are free, each only after its store and its partition have been brought together. */
  async #open(lease: ShardLease, open: Set<number>): Promise<void> {
    const all = Array.from({ length: this.dependencies.partitions }, (_, shard) => shard);
    const held = await lease.acquire(all);
    const gained = [...held].filter((shard) => !open.has(shard));
    if (gained.length === 0) return;
    const { log, topic } = this.dependencies;
    const identity = await log.identity(topic);
    if (this.#topicIdentity !== undefined && this.#topicIdentity !== identity)
      throw new Error(`${topic} was made anew while it was published to`);
    this.#topicIdentity = identity;
    await reconcile(gained, this.dependencies);
    for (const shard of gained) open.add(shard);
  }

  /** @throws Error where a partition is not what was published to it: it is made good by beginning again */
  async #watch(open: ReadonlySet<number>): Promise<void> {
    const { log, store, topic } = this.dependencies;
    const published = (await store.publications()).filter(({ shard }) => open.has(shard));
    const ends = await log.ends(topic);
    const other = published.find((publication) => {
      const end = ends[publication.shard];
      return !end || !continues(publication, end);
    });
    if (other) throw new Error(`${topic}: partition ${other.shard} is not what was published to it`);
  }

  async #publish(writer: LogWriter, shards: readonly number[], lost: AbortSignal): Promise<number> {
    const { store, source } = this.dependencies;
    let left: readonly OutboxEntry[] = await store.pending(shards, MAX_EVENTS_PER_SHARD);
    const published = left.length;
    let acknowledging = Promise.resolve();
    try {
      while (left.length > 0) {
        const round = withinLimits(left, source);
        lost.throwIfAborted();
        const publications = await this.#send(writer, round);
        await acknowledging;
        // The next send need not wait for it: what is sent and not acknowledged is sent again, in the same order.
        acknowledging = store.acknowledge(round.taken, publications);
        acknowledging.catch(() => undefined); // met below, or by the next round
        left = round.left;
      }
    } finally {
      await acknowledging;
    }
    return published;
  }

  async #send(writer: LogWriter, { taken, batches }: Round): Promise<readonly Publication[]> {
    const { topic, log } = this.dependencies;
    await this.#nameNewLogs(batches);
    const traceparents = taken.map(({ event }) => event.traceparent);
    const offsets = await inSend({ system: log.system, topic, traceparents }, () =>
      writer.publish(topic, batches, this.#topicIdentity),
    );
    const last = new Map(taken.map((entry) => [entry.shard, entry.event.id]));
    const publications: Publication[] = [];
    for (const [shard, records] of batches) {
      const base = offsets.get(shard);
      const eventId = last.get(shard);
      if (base === undefined || eventId === undefined)
        throw new Error(`${topic}: no offset came back for partition ${shard}`);
      const offset = base + BigInt(records.length) - 1n;
      publications.push({ shard, log: await this.#identity(shard, base), offset, eventId });
      this.#ends.set(shard, offset + 1n);
    }
    return publications;
  }

  /** What goes first into an empty partition names its log. */
  async #nameNewLogs(batches: Map<number, LogRecord[]>): Promise<void> {
    const unknown = [...batches].filter(([shard]) => !this.#identities.has(shard));
    if (unknown.length === 0) return;
    const ends = await this.dependencies.log.ends(this.dependencies.topic);
    for (const [shard, records] of unknown) {
      const identity = ends[shard]?.identity;
      const [first, ...others] = records;
      if (identity !== undefined) this.#identities.set(shard, identity);
      else if (first) batches.set(shard, [asFirstRecord(first, randomUUID()), ...others]);
    }
  }

  /** Identity of the partition that a batch went to. Offsets that go backwards are those of a topic made anew: start over. */
  async #identity(shard: number, base: bigint): Promise<string> {
    const { log, topic } = this.dependencies;
    const end = this.#ends.get(shard);
    if (end !== undefined && base < end)
      throw new Error(`${topic}: partition ${shard} is shorter than what was written to it`);
    const known = this.#identities.get(shard);
    if (known !== undefined) return known;
    const identity = (await log.ends(topic))[shard]?.identity;
    if (identity === undefined) throw new Error(`${topic}: partition ${shard} is empty after a write to it`);
    this.#identities.set(shard, identity);
    return identity;
  }
}

/** What goes to the log in one send. */
interface Round {
  readonly taken: readonly OutboxEntry[];
  /** Their records, by shard. */
  readonly batches: Map<number, LogRecord[]>;
  /** What did not fit, in order. */
  readonly left: readonly OutboxEntry[];
}

/** As many of the entries as fit into one send, in order within each shard. */
function withinLimits(pending: readonly OutboxEntry[], source: string): Round {
  const taken: OutboxEntry[] = [];
  const left: OutboxEntry[] = [];
  const batches = new Map<number, LogRecord[]>();
  const bytes = new Map<number, number>();
  for (const entry of pending) {
    const before = bytes.get(entry.shard) ?? 0;
    if (before >= MAX_BYTES_PER_SHARD) {
      left.push(entry);
      continue;
    }
    const record = toRecord(entry.event, source);
    const size = before + recordBytes(record);
    if (before > 0 && size > MAX_BYTES_PER_SHARD) {
      bytes.set(entry.shard, MAX_BYTES_PER_SHARD); // nothing behind it may overtake
      left.push(entry);
      continue;
    }
    bytes.set(entry.shard, size);
    const batch = batches.get(entry.shard);
    if (batch) batch.push(record);
    else batches.set(entry.shard, [record]);
    taken.push(entry);
  }
  return { taken, batches, left };
}
