import { keyIdOf } from './sealed-value.js';
import type { Log, PartitionRange } from '../log.js';
import { keyName, type KeptKey, type KeyCount, type KeyStore } from './key-store.js';
import type { KeyTopic } from './key-topic.js';
import type { MasterKeys } from './master-keys.js';

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
}

export interface KeysStatus {
  readonly topic: string;
  /** Master keys that were given; the first one seals. */
  readonly masterKeys: readonly string[];
  readonly counts: readonly KeyCount[];
  /** Kept keys of the service's own that another master key than the first one seals. */
  readonly toRotate: number;
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
   * broken off anywhere and done again; the keys themselves, and every event, stay as they are.
   * @returns how many were sealed anew
   */
  async rotate(signal?: AbortSignal): Promise<number> {
    const { store, keys, masterKeys, own } = this.dependencies;
    let rotated = 0;
    for (;;) {
      signal?.throwIfAborted();
      const count = await store.rewrap(own, masterKeys.current, ROTATE_AT_ONCE, async (kept) => {
        const wrappedAt = new Date().toISOString();
        const anew = kept.map((key): KeptKey => {
          const opened = masterKeys.unwrap(key.wrapped, keyName(key));
          return { ...key, wrapped: masterKeys.wrap(opened, keyName(key)), wrappedAt };
        });
        await keys.publish(anew);
        return anew;
      });
      rotated += count;
      if (count === 0) return rotated;
    }
  }

  /** Reads every event of the service's topics and looks for the key of each that is sealed; each key is opened once a batch. */
  async check(signal?: AbortSignal): Promise<KeysCheck> {
    const { log, topics } = this.dependencies;
    const report = {
      events: 0,
      kept: 0,
      forgotten: 0,
      missing: new Set<string>(),
      named: [] as MissingKey[],
    };
    for (const topic of topics) {
      const ranges: PartitionRange[] = (await log.ends(topic)).map(({ begin, end }, partition) => {
        return { topic, partition, from: begin, to: end };
      });
      await log.read(
        ranges,
        async ({ partition, records }) => {
          report.events += records.length;
          const sealed = records.flatMap((record) => {
            const key = keyIdOf(record.value);
            return key === undefined ? [] : [{ key, topic, partition, offset: record.offset.toString() }];
          });
          const states = await this.#statesOf([...new Set(sealed.map(({ key }) => key))]);
          for (const place of sealed) {
            const state = states.get(place.key) ?? 'absent';
            if (state === 'kept' || state === 'forgotten') report[state] += 1;
            else if (!report.missing.has(place.key)) {
              report.missing.add(place.key);
              if (report.named.length < NAMED_MISSING) report.named.push({ ...place, problem: state });
            }
          }
        },
        signal,
      );
    }
    const { events, kept, forgotten, missing, named } = report;
    return { events, sealed: { kept, forgotten }, missing: missing.size, named };
  }

  async #statesOf(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, 'kept' | 'forgotten' | MissingKey['problem']>> {
    const { store, masterKeys } = this.dependencies;
    const found = ids.length === 0 ? new Map<string, never>() : await store.find(ids);
    return new Map(
      [...found].map(([id, key]) => [
        id,
        key.state === 'kept' ? masterKeys.stateOf(key.wrapped, keyName(key)) : key.state,
      ]),
    );
  }
}
