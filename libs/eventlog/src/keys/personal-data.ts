import { KEYS_TOPIC, type EventCatalogue } from '@samspill/contracts';
import type { Log } from '../log.js';
import type { Logger } from '../logger.js';
import { topicsOf, type LogManifest } from '../manifest.js';
import { KeyCare } from './key-care.js';
import { KeyFollower } from './key-follower.js';
import type { KeyStore } from './key-store.js';
import { KeyTopic } from './key-topic.js';
import type { MasterKeys } from './master-keys.js';
import { SubjectKeys } from './subject-keys.js';

export interface PersonalDataOptions {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
  /** {@link KEYS_TOPIC} unless a test says otherwise. */
  readonly topic?: string;
}

interface PersonalDataPlace {
  readonly manifest: LogManifest;
  readonly catalogue: EventCatalogue;
  readonly log: Log;
  readonly logger: Logger;
  readonly partitions: number;
}

/** Everything about the keys that a service seals personal data with. */
export class PersonalData {
  /** For those who write and read events. */
  readonly subjects: SubjectKeys;
  /** For those who look after the keys. */
  readonly care: KeyCare;
  readonly #keys: KeyTopic;
  readonly #follower: KeyFollower;

  constructor(
    { store, masterKeys, topic = KEYS_TOPIC }: PersonalDataOptions,
    { manifest, catalogue, log, logger, partitions }: PersonalDataPlace,
  ) {
    const own = manifest.topic;
    const topics = new Set(topicsOf(manifest));
    this.#keys = new KeyTopic(log, topic, partitions, logger);
    this.#follower = new KeyFollower({ store, keys: this.#keys, own, topics, logger });
    this.subjects = new SubjectKeys({
      store,
      keys: this.#keys,
      follower: this.#follower,
      masterKeys,
      catalogue,
      own,
    });
    this.care = new KeyCare({
      store,
      keys: this.#keys,
      masterKeys,
      log,
      own,
      topics: [...topics],
      catchUp: () => this.#follower.catchUp(),
    });
  }

  /** The topic of keys. */
  get topic(): string {
    return this.#keys.name;
  }

  get failure(): string | undefined {
    return this.#follower.failure;
  }

  /** @throws PlatformError `eventlog.topic-missing`, `eventlog.topic-drifted` where the topic of keys is not as declared */
  async start(): Promise<void> {
    await this.#keys.check();
    this.#follower.start();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    await this.#keys.close();
  }

  /** Tells that keys have been forgotten, so that others hear of it soon. */
  announce(): void {
    this.#follower.wake();
  }
}
