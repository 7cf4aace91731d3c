import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import type { Subscription, SubscriptionHandler } from '../../log.js';
import type { Logger } from '../../logger.js';
import { Backoff, pause } from '../../retry.js';
import { CALL_RETRY, kafkaFailure, received } from './kafka-client.js';
import { PartitionLane } from './partition-lane.js';

/** How soon the partitions of a killed process go to others; Kafka allows no less (`group.min.session.timeout.ms`). */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_000;
/** How long others wait for a member that is busy before the group goes on without it. */
const REBALANCE_TIMEOUT_MS = 10_000;
/** Longest wait of a fetch without records; a partition just given or held begins at most so much later. Records come at once. */
const MAX_WAIT_MS = 250;
/** Decoding a fetch keeps the event loop busy: about 25 ms for so much. */
const FETCH_BYTES = 2 * 1024 * 1024;
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
/** Partitions whose batches are handled at once. */
const PARTITIONS_AT_ONCE = 12;
/** A fetch is followed by the next when all its batches are handled: one that takes longer than this is not waited for. */
const SLOW_BATCH_MS = 500;
/** Offsets in Kafka only show the lag to others, so they may come a little later. */
const COMMIT_MS = 1_000;
/** kafkajs has been seen to go silent after a broker's restart; a client that has not fetched for so long is made anew. */
const SILENT_MS = 60_000;
/** Leaving politely is not worth more: the group notices by itself. */
const STOP_MS = 10_000;
const RESTART = { firstMs: 200, maxMs: 5_000 };
/**
 * How often topics are looked at. One that is made anew while it is read may come back before kafkajs has given up on the former one, which
 * then goes on at the former one's offsets as though nothing had been.
 */
const SAME_TOPICS_MS = 1_000;

/**
 * A member of a consumer group. kafkajs fetches and keeps the membership; where to read is the handler's word, never the group's
 * offsets. A client that ends for any reason is replaced.
 */
export class KafkaSubscription implements Subscription {
  readonly #stop = new AbortController();
  readonly #lanes = new Map<string, PartitionLane>();
  readonly #uncommitted = new Map<string, { topic: string; partition: number; offset: string }>();
  readonly #restart = new Backoff(RESTART);
  #consumer: Consumer | undefined;
  #lastFetchMs = 0;
  #running: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly group: string,
    private readonly topics: readonly string[],
    private readonly handler: SubscriptionHandler,
    /** The topic as it was made. @throws PlatformError `eventlog.topic-missing`, `eventlog.log-unreachable` */
    private readonly identityOf: (topic: string) => Promise<string>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#consume(signal);
      } catch (error) {
        const failure = kafkaFailure(error);
        this.logger.warn('reading the log is interrupted and tried again', {
          group: this.group,
          reason: failure.message,
        });
        this.handler.failed?.(failure);
        await this.#restart.wait(signal);
      }
    }
  }

  /** Consumes until stopped. @throws whatever ended the client otherwise */
  async #consume(signal: AbortSignal): Promise<void> {
    // Before anybody is asked where to go on: what is answered then may be about a later topic, never about an earlier one.
    const made = await this.#identities();
    const consumer = this.kafka.consumer({
      groupId: this.group,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      retry: { ...CALL_RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#consumer = consumer;
    this.#lastFetchMs = Date.now();
    const crash = Promise.withResolvers<never>();
    crash.promise.catch(() => undefined);
    consumer.on('consumer.crash', ({ payload }) => {
      crash.reject(payload.error);
    });
    consumer.on('consumer.fetch', () => {
      this.#lastFetchMs = Date.now();
    });
    consumer.on('consumer.group_join', ({ payload }) => {
      // A client that is on its way out may still join; what it is given then nobody would give back.
      if (this.#consumer === consumer) this.#assign(payload.memberAssignment);
    });
    const joined = this.#join(consumer);
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    try {
      await Promise.race([crash.promise, joined]);
      await Promise.race([crash.promise, this.#tend(consumer, either), this.#watch(made, either)]);
    } finally {
      left.abort();
      await this.#leave(consumer, joined);
    }
  }

  async #identities(): Promise<ReadonlyMap<string, string>> {
    return new Map(
      await Promise.all(this.topics.map(async (topic) => [topic, await this.identityOf(topic)] as const)),
    );
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async (payload) => {
        await this.#take(payload);
      },
    });
  }

  /** Shows the group's progress until the subscription is stopped. */
  async #tend(consumer: Consumer, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(COMMIT_MS, signal);
      await this.#commit(consumer);
      if (Date.now() - this.#lastFetchMs > SILENT_MS) {
        throw new PlatformError(
          'eventlog.log-unreachable',
          `Kafka has sent nothing for ${SILENT_MS} ms.`,
          true,
        );
      }
    }
  }

  /** @throws PlatformError `eventlog.topic-missing`, `eventlog.topic-replaced` */
  async #watch(made: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(SAME_TOPICS_MS, signal);
      if (signal.aborted) return;
      const now = await this.#identities().catch((error: unknown) => {
        if (error instanceof PlatformError && error.code === 'eventlog.log-unreachable') return made;
        throw error;
      });
      const replaced = this.topics.find((topic) => now.get(topic) !== made.get(topic));
      if (replaced !== undefined)
        throw new PlatformError(
          'eventlog.topic-replaced',
          `${replaced} was made anew while it was read. Reading begins anew.`,
          true,
        );
    }
  }

  /** Called before the first fetch under a new assignment; holds each partition until its position is known. */
  #assign(assignment: ConsumerGroupJoinEvent['payload']['memberAssignment']): void {
    this.#restart.reset();
    const given = new Set<string>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        const name = `${topic}/${partition}`;
        given.add(name);
        const lane = this.#lanes.get(name) ?? this.#lane(topic, partition);
        this.#lanes.set(name, lane);
        lane.open();
      }
    }
    for (const [name, lane] of this.#lanes) {
      if (given.has(name)) continue;
      this.#lanes.delete(name);
      this.#uncommitted.delete(name);
      void lane.close();
    }
    this.logger.debug('partitions of the group were shared out', { group: this.group, mine: [...given] });
  }

  #lane(topic: string, partition: number): PartitionLane {
    const control = {
      readFrom: (offset: bigint) => {
        this.#steer((consumer) => {
          consumer.seek({ topic, partition, offset: offset.toString() });
          consumer.resume([{ topic, partitions: [partition] }]);
        });
      },
      hold: () => {
        this.#steer((consumer) => {
          consumer.pause([{ topic, partitions: [partition] }]);
        });
      },
      handled: (next: bigint) => {
        this.#uncommitted.set(`${topic}/${partition}`, { topic, partition, offset: next.toString() });
      },
    };
    return new PartitionLane(topic, partition, this.handler, control, SLOW_BATCH_MS);
  }

  /** A client that has just ended cannot be steered; its successor is given the partitions anew. */
  #steer(change: (consumer: Consumer) => void): void {
    if (!this.#consumer) return;
    try {
      change(this.#consumer);
    } catch (error) {
      this.logger.debug('the consumer has ended', { group: this.group, reason: String(error) });
    }
  }

  async #take({ batch, resolveOffset, isStale, isRunning }: EachBatchPayload): Promise<void> {
    const lane = this.#lanes.get(`${batch.topic}/${batch.partition}`);
    if (!lane || isStale() || !isRunning()) return;
    const outcome = await lane.take({
      topic: batch.topic,
      partition: batch.partition,
      records: batch.messages.map(received),
      highWatermark: BigInt(batch.highWatermark),
    });
    if (outcome !== 'handled') return;
    try {
      resolveOffset(batch.lastOffset());
    } catch {
      // The partition was taken away meanwhile, and kafkajs no longer knows it.
    }
  }

  async #commit(consumer: Consumer): Promise<void> {
    if (this.#uncommitted.size === 0) return;
    const offsets = [...this.#uncommitted.values()];
    this.#uncommitted.clear();
    await consumer.commitOffsets(offsets).catch((error: unknown) => {
      this.logger.debug('offsets were not committed', { group: this.group, reason: String(error) });
    });
  }

  async #leave(consumer: Consumer, joined: Promise<void>): Promise<void> {
    this.#steer(() => {
      consumer.pause(this.topics.map((topic) => ({ topic })));
    });
    this.#consumer = undefined;
    const lanes = [...this.#lanes.values()].map((lane) => lane.close());
    this.#lanes.clear();
    await Promise.all(lanes);
    const left = new AbortController();
    const leaving = this.#disconnect(consumer, joined).finally(() => {
      left.abort();
    });
    await Promise.race([leaving, pause(STOP_MS, left.signal)]);
  }

  /** Not before joining has ended: kafkajs would go on to join and live on unseen. */
  async #disconnect(consumer: Consumer, joined: Promise<void>): Promise<void> {
    try {
      await joined.catch(() => undefined);
      await this.#commit(consumer);
      await consumer.disconnect();
    } catch (error) {
      this.logger.debug('the consumer did not end well', { group: this.group, reason: String(error) });
    }
  }
}
