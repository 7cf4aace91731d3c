import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { logNameOf } from '../../codec.js';
import type { PartitionRange, RecordBatch } from '../../log.js';
import type { Logger } from '../../logger.js';
import { positionUnreadable } from '../partition-feed.js';
import { Backoff } from '../../retry.js';
import { kafkaFailure, protocolError } from './kafka-client.js';
import { KafkaCluster } from './kafka-cluster.js';
import type { PartitionAnswer } from './replay/fetch-answer.js';
import { damaged } from './replay/log-faults.js';
import { recordsOf } from './replay/record-batches.js';

const RETRY = { firstMs: 50, maxMs: 2_000 };
/** A reader whom no broker has answered for so long gives up: whoever waits for it should hear why. */
const GIVE_UP_AFTER_MS = 60_000;

/** A range on its way: what is to be read next, and which ranges of the same partition come after it. */
interface Cursor {
  readonly topic: string;
  readonly partition: number;
  next: number;
  readonly to: number;
  readonly rest: readonly PartitionRange[];
}

/**
 * Reads ranges once; the next fetch is under way while records are handled. Survives brokers that restart or hand over.
 *
 * Memory: what was fetched and is being handled, and as much again that is on its way, each of it twice for the moment in which
 * kafkajs joins what the socket brought. That is up to four times `FETCH_BYTES` (or 1 MiB a leader, if that is more), and for
 * compressed batches what they become. What is done with the records comes on top.
 */
export class KafkaReader {
  readonly #cursors: Map<string, Cursor>;
  #cluster: KafkaCluster | undefined;

  constructor(
    private readonly kafka: Kafka,
    ranges: readonly PartitionRange[],
    private readonly signal: AbortSignal,
    private readonly logger: Logger,
  ) {
    const inOrder = ranges.filter(({ from, to }) => from < to).toSorted((a, b) => Number(a.from - b.from));
    const byPartition = Map.groupBy(inOrder, ({ topic, partition }) => `${topic}/${partition}`);
    this.#cursors = new Map(
      [...byPartition].flatMap(([name, all]) => {
        const cursor = cursorAt(all);
        return cursor ? [[name, cursor]] : [];
      }),
    );
  }

  async read(handle: (batch: RecordBatch) => Promise<void>): Promise<void> {
    try {
      let ahead = this.#fetchAhead();
      for (;;) {
        const batches = await this.#unlessAborted(ahead);
        this.signal.throwIfAborted();
        if (batches.length === 0) return;
        ahead = this.#fetchAhead();
        for (const batch of batches) {
          await handle(batch);
          await turnOfEventLoop(); // what has been fetched meanwhile is taken from the socket, and others are served
        }
      }
    } finally {
      await this.#cluster?.close();
    }
  }

  /** What is fetched, or nothing at the moment in which nobody wants it any more: a fetch at the end of the log takes its time. */
  async #unlessAborted(ahead: Promise<readonly RecordBatch[]>): Promise<readonly RecordBatch[]> {
    const { promise: aborted, resolve } = Promise.withResolvers<readonly RecordBatch[]>();
    const abort = (): void => {
      resolve([]);
    };
    this.signal.addEventListener('abort', abort, { once: true });
    try {
      return this.signal.aborted ? [] : await Promise.race([ahead, aborted]);
    } finally {
      this.signal.removeEventListener('abort', abort);
    }
  }

  #fetchAhead(): Promise<readonly RecordBatch[]> {
    const ahead = this.#fetch();
    ahead.catch(() => undefined); // met when it is awaited, or of no interest any more
    return ahead;
  }

  /** What comes next in any of the ranges; moves their cursors. Nothing once all of them are read. */
  async #fetch(): Promise<readonly RecordBatch[]> {
    const backoff = new Backoff(RETRY);
    let lastAnswerMs = Date.now();
    while (!this.signal.aborted && this.#cursors.size > 0) {
      try {
        const topics = [...new Set([...this.#cursors.values()].map(({ topic }) => topic))];
        this.#cluster ??= await KafkaCluster.connect(this.kafka, topics);
        const positions = [...this.#cursors.values()].map(({ topic, partition, next }) => ({
          topic,
          partition,
          offset: next,
        }));
        const answers = await this.#cluster.fetch(positions);
        lastAnswerMs = Date.now();
        const batches = this.#takeAll(answers);
        if (batches.length > 0) return batches;
      } catch (error) {
        await this.#recover(error, Date.now() - lastAnswerMs);
        await backoff.wait(this.signal);
      }
    }
    return [];
  }

  #takeAll(answers: readonly PartitionAnswer[]): readonly RecordBatch[] {
    const before = new Map([...this.#cursors.values()].map((cursor) => [cursor, cursor.next]));
    const batches = answers.flatMap((answer) => this.#take(answer));
    const isMoved = [...before].some(([cursor, next]) => cursor.next > next);
    const stuck = isMoved ? undefined : answers.find((answer) => answer.batches.length > 0);
    // A broker sends at least one whole batch, however large. Asked again, it would send the same again.
    if (stuck)
      throw damaged(`${stuck.topic} partition ${stuck.partition}`, 'what comes next in it is no whole batch');
    return batches;
  }

  /** What was sent may reach into further ranges of the partition: they come later in it. */
  #take({ topic, partition, highWatermark, batches }: PartitionAnswer): readonly RecordBatch[] {
    const name = `${topic}/${partition}`;
    const taken: RecordBatch[] = [];
    for (let cursor = this.#cursors.get(name); cursor; cursor = this.#cursors.get(name)) {
      const { records, next } = recordsOf(batches, { topic, partition, from: cursor.next, to: cursor.to });
      if (records.length > 0) taken.push({ topic, partition, records, highWatermark });
      cursor.next = next;
      if (next < cursor.to) break;
      const following = cursorAt(cursor.rest);
      if (following) this.#cursors.set(name, following);
      else this.#cursors.delete(name);
    }
    return taken;
  }

  async #recover(error: unknown, silentMs: number): Promise<void> {
    if (this.signal.aborted) return;
    const outOfRange = protocolError(error) === 'OFFSET_OUT_OF_RANGE' ? this.#cursorOf(error) : undefined;
    if (outOfRange) throw positionUnreadable(outOfRange.topic, outOfRange.partition, BigInt(outOfRange.next));
    const failure = kafkaFailure(error);
    if (!failure.retryable || silentMs > GIVE_UP_AFTER_MS) throw failure;
    this.logger.debug('reading the log is tried again', { reason: failure.message });
    // A client made anew knows nothing that may have become wrong.
    await this.#cluster?.close();
    this.#cluster = undefined;
  }

  #cursorOf(error: unknown): Cursor | undefined {
    if (!(error instanceof Error) || !('topic' in error) || !('partition' in error)) return undefined;
    return this.#cursors.get(`${String(error.topic)}/${String(error.partition)}`);
  }
}

/** @param ranges of one partition, ascending */
function cursorAt([first, ...rest]: readonly PartitionRange[]): Cursor | undefined {
  if (!first) return undefined;
  const { topic, partition, from, to } = first;
  return { topic, partition, next: Number(from), to: Number(to), rest };
}

/** The first record of a partition is there for ever, so it names the partition's log; the cluster's id alone would not. */
export function firstRecordName(batch: RecordBatch | undefined): string | undefined {
  const first = batch?.records[0];
  return first && logNameOf(first);
}
