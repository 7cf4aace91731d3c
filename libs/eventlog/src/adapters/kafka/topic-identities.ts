import type { Kafka } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import { Backoff } from '../../retry.js';
import { kafkaFailure } from './kafka-client.js';
import { KafkaCluster } from './kafka-cluster.js';

const RETRY = { firstMs: 50, maxMs: 500 };
const MAX_ATTEMPTS = 4;

/** Asks brokers which topics they are. A client for each topic: one that is gone would spoil what is asked about the others. */
export class TopicIdentities {
  readonly #clusters = new Map<string, Promise<KafkaCluster>>();
  readonly #closed = new AbortController();

  constructor(private readonly kafka: Kafka) {}

  /** @throws PlatformError `eventlog.topic-missing`, `eventlog.log-unreachable`, `eventlog.closed` */
  async of(topic: string): Promise<string> {
    const backoff = new Backoff(RETRY);
    for (let attempt = 1; ; attempt += 1) {
      this.#closed.signal.throwIfAborted();
      const cluster = this.#clusters.get(topic) ?? KafkaCluster.connect(this.kafka, [topic]);
      this.#clusters.set(topic, cluster);
      try {
        return await (await cluster).topicId(topic);
      } catch (error) {
        // One that is made anew knows nothing that may have become wrong: leaders, brokers, or that the topic was there.
        if (this.#clusters.get(topic) === cluster) await this.#disconnect(topic);
        const failure = kafkaFailure(error);
        if (!failure.retryable || attempt === MAX_ATTEMPTS || this.#closed.signal.aborted) throw failure;
        await backoff.wait(this.#closed.signal);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed.abort(new PlatformError('eventlog.closed', 'The log has been closed.', false));
    await Promise.all([...this.#clusters.keys()].map((topic) => this.#disconnect(topic)));
  }

  async #disconnect(topic: string): Promise<void> {
    const cluster = this.#clusters.get(topic);
    this.#clusters.delete(topic);
    await cluster?.then((connected) => connected.close()).catch(() => undefined);
  }
}
