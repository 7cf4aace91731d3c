import type { Client } from 'pg';
import { PlatformError } from '@samspill/kernel';
import type { Subscription, SubscriptionHandler } from '../../log.js';
import type { Logger } from '../../logger.js';
import { Backoff, pause } from '../../retry.js';
import { PartitionFeed, type PartitionSource } from '../partition-feed.js';
import type { Database } from './database.js';
import { LogShare, type Place } from './log-share.js';
import { placeName, type LogTopics } from './log-topics.js';

/** How soon a free partition is taken: after another process died, or when one too many is given up. */
const BALANCE_MS = 250;
const RESTART = { firstMs: 100, maxMs: 5_000 };

/** A member of a group: holds a share of the partitions and feeds each of them to the handler. */
export class PostgresLogSubscription implements Subscription {
  readonly #stop = new AbortController();
  readonly #feeds = new Map<string, PartitionFeed>();
  #running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly topics: LogTopics,
    private readonly group: string,
    private readonly topicNames: readonly string[],
    private readonly handler: SubscriptionHandler,
    private readonly source: (place: Place) => PartitionSource,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#feeds.values()].map((feed) => feed.stop()));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(RESTART);
    while (!signal.aborted) {
      try {
        await this.#hold(signal, () => {
          backoff.reset();
        });
      } catch (error) {
        this.logger.warn('reading the log is interrupted and tried again', {
          group: this.group,
          reason: String(error),
        });
        this.handler.failed?.(error);
        await backoff.wait(signal);
      }
    }
  }

  /** Keeps this process's share up until stopped. @throws when the connection that holds it is lost */
  async #hold(signal: AbortSignal, healthy: () => void): Promise<void> {
    const client = await this.database.dedicated();
    const lost = new AbortController();
    const onLost = (reason?: Error): void => {
      lost.abort(
        new PlatformError(
          'eventlog.database-unreachable',
          `The log's database is gone: ${reason?.message ?? 'the connection ended'}`,
          true,
        ),
      );
    };
    client.on('error', onLost);
    client.on('end', onLost);
    const ended = AbortSignal.any([signal, lost.signal]);
    try {
      const share = await LogShare.join(client, this.group);
      while (!signal.aborted) {
        lost.signal.throwIfAborted();
        await this.#balance(share);
        healthy();
        await pause(BALANCE_MS, ended);
      }
    } finally {
      await Promise.all([...this.#feeds.values()].map((feed) => feed.stop()));
      this.#feeds.clear();
      await end(client);
    }
  }

  async #balance(share: LogShare): Promise<void> {
    const topics = await this.topics.find(this.topicNames);
    const missing = this.topicNames.find((name) => !topics.has(name));
    if (missing !== undefined) await this.topics.get(missing);
    const places = [...topics.values()].flatMap(({ id, name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topicId: id, topic: name, partition })),
    );
    const { gained, surplus } = await share.balance(places);
    for (const place of gained) {
      const feed = new PartitionFeed(place.topic, place.partition, this.source(place), this.handler);
      this.#feeds.set(placeName(place.topicId, place.partition), feed);
      feed.start();
    }
    for (const place of surplus) {
      const name = placeName(place.topicId, place.partition);
      await this.#feeds.get(name)?.stop();
      this.#feeds.delete(name);
      await share.release(place);
    }
  }
}

async function end(client: Client): Promise<void> {
  await client.end().catch(() => undefined); // it may be gone already
}
