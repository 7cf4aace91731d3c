import { reasonOf } from '@samspill/kernel';
import { BackgroundLoop } from '../background-loop.js';
import { FreshAnswers } from '../fresh-answers.js';
import type { Logger } from '../logger.js';
import { Backoff } from '../retry.js';
import type { ForgottenKey, KeyStore, StoredKey } from './key-store.js';
import type { KeyTopic } from './key-topic.js';

/** How often the topic of keys is looked at when nobody waits for a key. */
const POLL_MS = 1_000;
const RETRY = { firstMs: 200, maxMs: 10_000 };
/** Keys that are told of, or published again, in one go. */
const PAGE = 1_000;

export interface KeyFollowerDependencies {
  readonly store: KeyStore;
  readonly keys: KeyTopic;
  /** The topic that this service writes: its keys are this service's own. */
  readonly own: string;
  /** The topics whose keys this service keeps. */
  readonly topics: ReadonlySet<string>;
  readonly logger: Logger;
}

/**
 * Brings the service's keys and the topic of keys together. What the topic has is taken in, by any instance and as often as may be; of
 * the keys that this service has forgotten the topic is told; and a topic that was lost gets this service's keys again.
 */
export class KeyFollower {
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));
  readonly #readings = new FreshAnswers(() => this.#read());
  #failure: string | undefined = 'The keys of personal data have not been looked at yet.';

  constructor(private readonly dependencies: KeyFollowerDependencies) {}

  /** What keeps keys from coming in; undefined while nothing does. */
  get failure(): string | undefined {
    return this.#failure;
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#readings.idle();
  }

  /** Tells that a key was forgotten. */
  wake(): void {
    this.#loop.wake();
  }

  /** Resolves when everything has been taken in that was on the topic at the call. */
  async catchUp(): Promise<void> {
    await this.#readings.ask();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      try {
        await this.catchUp();
        await this.#announce();
        this.#failure = undefined;
        backoff.reset();
        await this.#loop.sleep(POLL_MS);
      } catch (error) {
        if (this.#loop.signal.aborted) return;
        this.#failure = reasonOf(error);
        this.dependencies.logger.warn('keys of personal data cannot be followed; tried again', {
          reason: this.#failure,
        });
        await backoff.wait(signal);
      }
    }
  }

  async #read(): Promise<void> {
    const { store, keys } = this.dependencies;
    for (;;) {
      const log = await keys.identity();
      if (await this.#readOn(log)) return;
      await this.#refill();
      // Only now: whoever is killed before has another one notice, and do it again.
      await store.readAnew(log, keys.partitions);
    }
  }

  /** @returns false where this is not the topic that was read, or not all of it */
  async #readOn(log: string): Promise<boolean> {
    const { store, keys, topics } = this.dependencies;
    const positions = await store.positions(log);
    if (!positions) return false;
    return await keys.read(
      positions.next,
      topics,
      async (found, next) => {
        await store.takeIn(found, { log, next });
      },
      this.#loop.signal,
    );
  }

  /** Puts this service's own keys, and what is forgotten of them, into a topic that has not been read: it may have lost them. */
  async #refill(): Promise<void> {
    const { store, keys, own, logger } = this.dependencies;
    for (let after = ''; ;) {
      const page: readonly StoredKey[] = await store.page(own, after, PAGE);
      const last = page.at(-1);
      if (!last) return;
      if (after === '')
        logger.warn('the topic of keys is another one; the keys of this service are published again', {
          topic: keys.name,
        });
      await keys.publish(page);
      after = last.id;
    }
  }

  /** That it is told shows when it is read back, in its turn with what others say meanwhile. */
  async #announce(): Promise<void> {
    const { store, keys, own } = this.dependencies;
    let after = '';
    for (;;) {
      const forgotten: readonly ForgottenKey[] = await store.unannounced(own, after, PAGE);
      const last = forgotten.at(-1);
      if (!last) break;
      await keys.publish(forgotten);
      after = last.id;
    }
    if (after !== '') await this.catchUp();
  }
}
