import type { Log, PartitionRange } from '../log.js';
import { keyName, type KeptKey, type KeyCount, type KeyStore } from './key-store.js';
import type { KeyTopic } from './key-topic.js';
import type { MasterKeys } from './master-keys.js';
import { keyIdOf } from './sealed-value.js';

/** Keys that are sealed anew in one transaction; whoever wants to forget one of them waits for it. */
const ROTATE_AT_ONCE = 500;
/** Keys whose absence is named. */
const NAMED_MISSING = 20;

export interface KeyCareDependencies {
  readonly store: KeyStore;
  readonly keys: KeyTopic;
  readonly masterKeys: MasterKeys;
  readonly log: Log;
  readonly own: string;
  readonly topics: readonly string[];
  /** Takes in what the topic of keys has. */
  readonly catchUp: () => Promise<void>;
}

export interface KeysStatus {
  readonly topic: string;
  /** Ids of the master keys that the service was given; the first one seals. */
  readonly masterKeys: readonly string[];
  readonly counts: readonly KeyCount[];
  /** Kept keys of the service's own that another master key than the first one seals. */
  readonly toRotate: number;
}

export interface KeyRotation {
  /** Id of the master key that seals. */
  readonly masterKey: string;
  /** Keys that were sealed anew. */
  readonly rotated: number;
  /** Keys that are still sealed with another one: they do not open, or somebody else was at work on them. */
  readonly left: number;
}

export interface MissingKey {
  readonly key: string;
  /** An event that is sealed with it. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly problem: 'absent' | 'master-key-missing' | 'damaged';
}

export interface KeysCheck {
  readonly events: number;
  /** Of them, those whose personal data is sealed: with a key that is kept, and with one that is forgotten. */
  readonly sealed: { readonly kept: number; readonly forgotten: number };
  /** Keys that are neither kept nor forgotten, or that do not open. */
  readonly missing: number;
  /** The first {@link NAMED_MISSING} of them. */
  readonly named: readonly MissingKey[];
}

export interface KeyWork {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What operators do about keys. */
export class KeyCare {
  constructor(private readonly dependencies: KeyCareDependencies) {}

  async status(): Promise<KeysStatus> {
    const { store, keys, masterKeys, own } = this.dependencies;
    const counts = await store.counts();
    const toRotate = counts
      .filter(
        ({ topic, state, master }) => topic === own && state === 'kept' && master !== masterKeys.current,
      )
      .reduce((sum, count) => sum + count.keys, 0);
    return { topic: keys.name, masterKeys: masterKeys.ids, counts, toRotate };
  }

  /**
   * Seals the service's own keys with the first master key. Each is on the topic of keys before it is in the database, so that it can be
   * broken off anywhere and done again; the keys themselves, and every event, stay as they are. A key that does not open is left.
   */
  async rotate({ onProgress, signal }: KeyWork = {}): Promise<KeyRotation> {
    const { store, keys, masterKeys, own } = this.dependencies;
    const total = (await this.status()).toRotate;
    let rotated = 0;
    for (let after: string | undefined = ''; after !== undefined;) {
      signal?.throwIfAborted();
      const which = { topic: own, master: masterKeys.current, after, limit: ROTATE_AT_ONCE };
      after = await store.rewrap(which, async (kept) => {
        const anew = kept.flatMap((key) => sealedAnew(key, masterKeys));
        await keys.publish(anew);
        rotated += anew.length;
        return anew;
      });
      onProgress?.({ done: rotated, total });
    }
    return { masterKey: masterKeys.current, rotated, left: (await this.status()).toRotate };
  }

  /** Reads every event of the service's topics and looks for the key of each that is sealed; each key is opened once a batch. */
  async check({ onProgress, signal }: KeyWork = {}): Promise<KeysCheck> {
    const { log, topics } = this.dependencies;
    const ranges: PartitionRange[] = [];
    for (const topic of topics)
      for (const [partition, { begin, end }] of (await log.ends(topic)).entries())
        ranges.push({ topic, partition, from: begin, to: end });
    const total = ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0);
    const report = new Report();
    for (const [topic, own] of Map.groupBy(ranges, (range) => range.topic)) {
      await log.read(
        own,
        async ({ partition, records }) => {
          const sealed = records.flatMap((record) => {
            const key = keyIdOf(record.value);
            return key === undefined ? [] : [{ key, topic, partition, offset: record.offset.toString() }];
          });
          report.add(records.length, sealed, await this.#statesOf(new Set(sealed.map(({ key }) => key))));
          onProgress?.({ done: report.events, total });
        },
        signal,
      );
      signal?.throwIfAborted();
    }
    return report.whole;
  }

  async #statesOf(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, KeyState>> {
    const { store, masterKeys, catchUp } = this.dependencies;
    if (ids.size === 0) return new Map();
    let found = await store.find([...ids]);
    if (found.size < ids.size) {
      // They may be on their way: a key is on its topic before the first event that it seals.
      await catchUp();
      found = await store.find([...ids]);
    }
    return new Map(
      [...found].map(([id, key]) => [
        id,
        key.state === 'kept' ? masterKeys.opened(key.wrapped, keyName(key)).state : key.state,
      ]),
    );
  }
}

type KeyState = 'kept' | 'forgotten' | MissingKey['problem'];
type SealedPlace = Omit<MissingKey, 'problem'>;

class Report {
  events = 0;
  readonly #sealed = { kept: 0, forgotten: 0 };
  readonly #missing = new Set<string>();
  readonly #named: MissingKey[] = [];

  add(events: number, sealed: readonly SealedPlace[], states: ReadonlyMap<string, KeyState>): void {
    this.events += events;
    for (const place of sealed) {
      const state = states.get(place.key) ?? 'absent';
      if (state === 'kept' || state === 'forgotten') this.#sealed[state] += 1;
      else if (!this.#missing.has(place.key)) {
        this.#missing.add(place.key);
        if (this.#named.length < NAMED_MISSING) this.#named.push({ ...place, problem: state });
      }
    }
  }

  get whole(): KeysCheck {
    const { events } = this;
    return { events, sealed: this.#sealed, missing: this.#missing.size, named: this.#named };
  }
}

function sealedAnew(key: KeptKey, masterKeys: MasterKeys): readonly KeptKey[] {
  const name = keyName(key);
  const opened = masterKeys.opened(key.wrapped, name);
  if (opened.state !== 'kept') return [];
  // Of two copies readers keep the later one, also where this clock is behind the one by which the key was made.
  const wrappedAt = new Date(Math.max(Date.now(), Date.parse(key.wrappedAt) + 1)).toISOString();
  return [{ ...key, wrapped: masterKeys.wrap(opened.key, name), wrappedAt }];
}
