import type { Kafka } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import { FreshAnswers } from '../../fresh-answers.js';
import type {
  Keeping,
  Log,
  LogWriter,
  PartitionEnds,
  PartitionRange,
  RecordBatch,
  Subscription,
  SubscriptionHandler,
  TopicDescription,
} from '../../log.js';
import { kafkaClient, type KafkaLogOptions } from './kafka-client.js';
import { firstRecordName, KafkaReader } from './kafka-reader.js';
import { KafkaSubscription } from './kafka-subscription.js';
import { KafkaTopics, type PartitionOffsets } from './kafka-topics.js';
import { KafkaWriter } from './kafka-writer.js';
import { TopicIdentities } from './topic-identities.js';

/** Records may be deleted from the front of a partition by hand: first records are read again so often. */
const FIRST_RECORD_MS = 10_000;

/** The log on Kafka 3.9 or newer. */
export class KafkaLog implements Log {
  readonly system = 'kafka';
  readonly #kafka: Kafka;
  readonly #topics: KafkaTopics;
  readonly #identities: TopicIdentities;
  /** By topic as it was made, and partition: one that is made anew may soon be as long as the former one was. */
  readonly #firstRecords = new Map<
    string,
    { readonly name: string; end: bigint; readonly untilMs: number }
  >();
  /** By topic. */
  readonly #asked = new Map<string, FreshAnswers<readonly PartitionEnds[]>>();
  readonly #subscriptions = new Set<KafkaSubscription>();
  readonly #closed = new AbortController();

  constructor(private readonly options: KafkaLogOptions) {
    this.#kafka = kafkaClient(options);
    this.#topics = new KafkaTopics(this.#kafka, options.newTopics);
    this.#identities = new TopicIdentities(this.#kafka);
  }

  async check(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    await this.#topics.check(topics, partitions, keeping);
  }

  async describe(
    topics: readonly string[],
    keeping?: Keeping,
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    return await this.#topics.describe(topics, keeping);
  }

  async create(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    await this.#topics.create(topics, partitions, keeping);
  }

  async ends(topic: string): Promise<readonly PartitionEnds[]> {
    const asked = this.#asked.get(topic) ?? new FreshAnswers(() => this.#ends(topic));
    this.#asked.set(topic, asked);
    return await asked.ask();
  }

  async identity(topic: string): Promise<string> {
    return await this.#identities.of(topic);
  }

  async writer(): Promise<LogWriter> {
    return await KafkaWriter.open(this.#kafka, this.#identities);
  }

  async read(
    ranges: readonly PartitionRange[],
    handle: (batch: RecordBatch) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const either = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    await new KafkaReader(this.#kafka, ranges, either, this.options.logger).read(handle);
  }

  subscribe(group: string, topics: readonly string[], handler: SubscriptionHandler): Promise<Subscription> {
    // Whoever begins to read a partition has to know which log it is now, however long it was thought to be.
    const fresh: SubscriptionHandler = {
      handle: (batch) => handler.handle(batch),
      failed: (error) => handler.failed?.(error),
      position: async (topic, partition) => {
        this.#forget(topic, partition);
        return await handler.position(topic, partition);
      },
    };
    const subscription = new KafkaSubscription(
      this.#kafka,
      group,
      topics,
      fresh,
      (topic) => this.#identities.of(topic),
      this.options.logger,
    );
    this.#subscriptions.add(subscription);
    subscription.start();
    return Promise.resolve({
      stop: async () => {
        await subscription.stop();
        this.#subscriptions.delete(subscription);
      },
    });
  }

  async close(): Promise<void> {
    this.#closed.abort(new PlatformError('eventlog.closed', 'The log has been closed.', false));
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await Promise.all([this.#topics.close(), this.#identities.close()]);
  }

  async #ends(topic: string): Promise<readonly PartitionEnds[]> {
    const offsets = await this.#topics.offsets(topic);
    // Afterwards: were it asked before, the offsets could be of a topic that was made anew meanwhile.
    const made = await this.#identities.of(topic);
    const cluster = made.slice(0, made.indexOf('/'));
    const names = await this.#firstRecordNames(made, topic, offsets);
    return offsets.map(({ begin, end }, partition) => {
      const name = names.get(partition);
      return { begin, end, identity: name === undefined ? undefined : `${cluster}/${name}` };
    });
  }

  #forget(topic: string, partition: number): void {
    for (const place of this.#firstRecords.keys())
      if (place.endsWith(`/${topic}/${partition}`)) this.#firstRecords.delete(place);
  }

  /** First records stay until a topic is made anew: each is read now and then, and where a partition has become shorter. */
  async #firstRecordNames(
    made: string,
    topic: string,
    offsets: readonly PartitionOffsets[],
  ): Promise<ReadonlyMap<number, string>> {
    const names = new Map<number, string>();
    const unknown: PartitionRange[] = [];
    for (const [partition, { begin, end }] of offsets.entries()) {
      const known = this.#firstRecords.get(`${made}/${topic}/${partition}`);
      if (known && known.end <= end && Date.now() < known.untilMs) {
        known.end = end;
        names.set(partition, known.name);
      } else if (begin < end) {
        unknown.push({ topic, partition, from: begin, to: begin + 1n });
      }
    }
    await this.read(unknown, (batch) => {
      const name = firstRecordName(batch);
      if (name !== undefined) names.set(batch.partition, name);
      return Promise.resolve();
    });
    for (const { partition } of unknown) {
      const [name, end] = [names.get(partition), offsets[partition]?.end];
      if (name !== undefined && end !== undefined)
        this.#firstRecords.set(`${made}/${topic}/${partition}`, {
          name,
          end,
          untilMs: Date.now() + FIRST_RECORD_MS,
        });
    }
    return names;
  }
}
