import { PlatformError } from '@samspill/kernel';
import type { EventCatalogue } from '@samspill/contracts';
import type { StoredEvent } from '../event-store.js';
import type { Incoming } from '../incoming.js';
import type { EventKeys, LazyKey } from './event-keys.js';
import type { KeyFollower } from './key-follower.js';
import { keyName, type ForgottenKey, type KeyStore, type NewKey, type StoredKey } from './key-store.js';
import type { KeyTopic } from './key-topic.js';
import { KEY_BYTES, type MasterKeys } from './master-keys.js';
import { randomBytes } from './random-bytes.js';
import { forgottenKeysOf, keyIdOf, type OpenKey } from './sealed-value.js';

const KEY_ID_BYTES = 16;

export interface SubjectKeysDependencies {
  readonly store: KeyStore;
  readonly keys: KeyTopic;
  readonly follower: KeyFollower;
  readonly masterKeys: MasterKeys;
  readonly catalogue: EventCatalogue;
  /** The topic that this service writes. */
  readonly own: string;
}

/** A key that an event was sealed with. */
export interface FoundKey {
  readonly key: StoredKey;
  readonly open: LazyKey;
}

/** What events are sealed with. */
export interface SealingKeys {
  readonly bySubject: ReadonlyMap<string, OpenKey>;
  /** Those of them that are new. */
  readonly made: readonly NewKey[];
}

/**
 * The keys of personal data, as those who write and read events need them. They are looked up for each piece of work and kept no longer:
 * a key that any process has forgotten is forgotten for all.
 */
export class SubjectKeys implements EventKeys {
  readonly #forgetting: ReadonlySet<string>;

  constructor(private readonly dependencies: SubjectKeysDependencies) {
    const definitions = [...dependencies.catalogue.definitions()];
    this.#forgetting = new Set(definitions.filter(({ forgets }) => forgets).map(({ type }) => type));
  }

  /** The topic whose events they seal. */
  get own(): string {
    return this.dependencies.own;
  }

  forgets(type: string): boolean {
    return this.#forgetting.has(type);
  }

  async unlock(events: readonly Incoming[]): Promise<void> {
    const byKey = new Map<string, Incoming[]>();
    for (const event of events) {
      const id = event.lockedWith;
      if (id === undefined) continue;
      const same = byKey.get(id);
      if (same) same.push(event);
      else byKey.set(id, [event]);
    }
    if (byKey.size === 0) return;
    const found = await this.#find(new Map([...byKey].map(([id, [first]]) => [id, first?.stream ?? ''])));
    for (const [id, { open }] of found) for (const event of byKey.get(id) ?? []) event.unlock(open);
  }

  async forget(events: readonly Incoming[]): Promise<void> {
    if (!events.some(({ type }) => this.forgets(type))) return;
    for (const [topic, group] of Map.groupBy(events, (event) => event.topic))
      await this.forgetStored(
        topic,
        group.filter(({ type }) => this.forgets(type)).map(({ stored }) => stored),
      );
  }

  /** The same for events of a topic as they are stored. */
  async forgetStored(topic: string, events: readonly StoredEvent[]): Promise<void> {
    const { own, store, follower } = this.dependencies;
    const forgotten = events
      .filter(({ type }) => this.forgets(type))
      .flatMap(({ id: by, stream: subject, value }) =>
        forgottenKeysOf(value).map((id): ForgottenKey => ({ topic, subject, id, state: 'forgotten', by })),
      );
    if (forgotten.length === 0) return;
    await store.forget(forgotten, topic !== own);
    if (topic === own) follower.wake();
  }

  /** The keys that stored events are sealed with, by id. @throws PlatformError `eventlog.key-awaited` */
  async of(events: readonly StoredEvent[]): Promise<ReadonlyMap<string, FoundKey>> {
    const wanted = new Map<string, string>();
    for (const { value, stream } of events) {
      const id = keyIdOf(value);
      if (id !== undefined) wanted.set(id, stream);
    }
    return await this.#find(wanted);
  }

  /**
   * A key for each subject, made where there is none. A new one is on the topic of keys when this resolves, and comes into the database
   * with what is sealed with it: an event whose key only the database knew would be lost with it.
   */
  async forSealing(subjects: readonly string[]): Promise<SealingKeys> {
    const { store, keys, masterKeys, own } = this.dependencies;
    const result = new Map<string, OpenKey>();
    if (subjects.length === 0) return { bySubject: result, made: [] };
    const known = await store.ofSubjects(own, subjects);
    const made: NewKey[] = [];
    const now = new Date().toISOString();
    for (const subject of subjects) {
      const all = known.get(subject) ?? [];
      const kept = all.find((key) => key.state === 'kept');
      if (kept) {
        result.set(subject, { id: kept.id, key: masterKeys.unwrap(kept.wrapped, keyName(kept)) });
        continue;
      }
      const name = { topic: own, subject, id: randomBytes(KEY_ID_BYTES).toString('base64url') };
      const key = randomBytes(KEY_BYTES);
      const wrapped = masterKeys.wrap(key, keyName(name));
      made.push({ ...name, state: 'kept', wrapped, wrappedAt: now, others: all.length });
      result.set(subject, { id: name.id, key });
    }
    await keys.publish(made);
    return { bySubject: result, made };
  }

  /** Ids of the keys of subjects that would be forgotten with them. */
  async keptOf(subjects: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { store, own } = this.dependencies;
    if (subjects.length === 0) return new Map();
    const known = await store.ofSubjects(own, subjects);
    return new Map(
      [...known].map(([subject, keys]) => [
        subject,
        keys.filter(({ state }) => state === 'kept').map(({ id }) => id),
      ]),
    );
  }

  /** @param wanted by key id, a stream that is sealed with it, to say what waits */
  async #find(wanted: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, FoundKey>> {
    const { store, follower, masterKeys } = this.dependencies;
    if (wanted.size === 0) return new Map();
    const found = new Map(await store.find([...wanted.keys()]));
    const lacking = (): readonly string[] => [...wanted.keys()].filter((id) => !found.has(id));
    if (lacking().length > 0) {
      await follower.catchUp();
      for (const [id, key] of await store.find(lacking())) found.set(id, key);
    }
    const [missing] = lacking();
    if (missing !== undefined) throw awaited(missing, wanted.get(missing) ?? '', lacking().length);
    return new Map([...found].map(([id, key]) => [id, { key, open: lazily(key, masterKeys) }]));
  }
}

/** Opened once, by the first who reads an event that it seals. */
function lazily(key: StoredKey, masterKeys: MasterKeys): LazyKey {
  if (key.state === 'forgotten') return () => undefined;
  let opened: Buffer | undefined;
  return () => (opened ??= masterKeys.unwrap(key.wrapped, keyName(key)));
}

function awaited(id: string, stream: string, count: number): PlatformError {
  return new PlatformError(
    'eventlog.key-awaited',
    `The key ${id}, which personal data of ${stream} is sealed with, has not arrived from the topic of keys, and is not forgotten either (${count} such keys). Reading waits for it.`,
    true,
  );
}
