import type {
  ForgottenKey,
  KeptKey,
  KeyCount,
  KeyPositions,
  KeyStore,
  KeysToRewrap,
  StoredKey,
} from '../../keys/key-store.js';
import { Faults } from './faults.js';
import type { KeyRow, MemoryEventDatabase } from './memory-event-database.js';

/** One process's client of keys in memory, which lie in the database of its events. */
export class MemoryKeyStore implements KeyStore {
  constructor(
    private readonly database: MemoryEventDatabase,
    private readonly faults = new Faults(),
  ) {}

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, StoredKey>> {
    const rows = await this.#rows();
    return new Map(ids.flatMap((id) => rows.get(id) ?? []).map(({ key }) => [key.id, key]));
  }

  async ofSubjects(
    topic: string,
    subjects: readonly string[],
  ): Promise<ReadonlyMap<string, readonly StoredKey[]>> {
    const wanted = new Set(subjects);
    const keys = [...(await this.#rows()).values()].map(({ key }) => key);
    return Map.groupBy(
      keys.filter((key) => key.topic === topic && wanted.has(key.subject)),
      ({ subject }) => subject,
    );
  }

  async takeIn(keys: readonly StoredKey[], positions: KeyPositions): Promise<void> {
    await this.faults.pass('keys.takeIn');
    if (positions.next.size > 0 && !this.#move(positions)) return;
    const { keys: rows } = this.database;
    for (const key of keys) {
      const row = rows.get(key.id);
      if (key.state === 'forgotten') this.#forget(key, true);
      else if (!row) rows.set(key.id, { key, isAnnounced: true, forgottenAt: '' });
      else if (row.key.state === 'forgotten') row.isAnnounced = false;
      else if (row.key.wrappedAt < key.wrappedAt) row.key = key;
    }
  }

  async positions(log: string): Promise<KeyPositions | undefined> {
    await this.#rows();
    const { keyPositions } = this.database;
    return keyPositions?.log === log ? keyPositions : undefined;
  }

  async readAnew(log: string): Promise<void> {
    await this.#rows();
    this.database.keyPositions = { log, next: new Map() };
  }

  async forget(keys: readonly ForgottenKey[], announced: boolean): Promise<void> {
    await this.faults.pass('keys.forget');
    for (const key of keys) this.#forget(key, announced);
  }

  async unannounced(topic: string, after: string, limit: number): Promise<readonly ForgottenKey[]> {
    return [...(await this.#rows()).values()]
      .flatMap(({ key, isAnnounced }) =>
        key.state === 'forgotten' && key.topic === topic && !isAnnounced && key.id > after ? [key] : [],
      )
      .sort(byId)
      .slice(0, limit);
  }

  async isAnyForgottenSince(time: string): Promise<boolean> {
    return [...(await this.#rows()).values()].some(
      ({ key, forgottenAt }) => key.state === 'forgotten' && forgottenAt >= time,
    );
  }

  async page(topic: string, after: string, limit: number): Promise<readonly StoredKey[]> {
    return [...(await this.#rows()).values()]
      .map(({ key }) => key)
      .filter((key) => key.topic === topic && key.id > after)
      .sort(byId)
      .slice(0, limit);
  }

  async rewrap(
    { topic, master, after, limit }: KeysToRewrap,
    work: (keys: readonly KeptKey[]) => Promise<readonly KeptKey[]>,
  ): Promise<string | undefined> {
    const old = [...(await this.#rows()).values()]
      .flatMap(({ key }) =>
        key.state === 'kept' && key.topic === topic && key.wrapped.master !== master && key.id > after
          ? [key]
          : [],
      )
      .sort(byId)
      .slice(0, limit);
    if (old.length === 0) return undefined;
    const anew = await work(old);
    await this.faults.pass('keys.rewrap');
    for (const key of anew) {
      const row = this.database.keys.get(key.id);
      // Nothing here can hold back whoever forgets a key meanwhile, so that the topic is told again.
      if (row?.key.state === 'forgotten') row.isAnnounced = false;
      else if (row) row.key = key;
    }
    return old.at(-1)?.id;
  }

  async counts(): Promise<readonly KeyCount[]> {
    const counts = new Map<string, KeyCount>();
    for (const { key } of (await this.#rows()).values()) {
      const master = key.state === 'kept' ? key.wrapped.master : undefined;
      const name = JSON.stringify([key.topic, key.state, master]);
      const { topic, state } = key;
      counts.set(name, { topic, state, master, keys: (counts.get(name)?.keys ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  /** Whether any position has moved. */
  #move({ log, next }: KeyPositions): boolean {
    const known = this.database.keyPositions;
    if (known?.log !== log) return false;
    const ahead = [...next].filter(([partition, offset]) => (known.next.get(partition) ?? 0n) < offset);
    this.database.keyPositions = { log, next: new Map([...known.next, ...ahead]) };
    return ahead.length > 0;
  }

  #forget(key: ForgottenKey, announced: boolean): void {
    const { keys: rows } = this.database;
    const row = rows.get(key.id);
    if (row?.key.state === 'forgotten') {
      if (announced) row.isAnnounced = true;
      return;
    }
    rows.set(key.id, { key, isAnnounced: announced, forgottenAt: new Date().toISOString() });
  }

  async #rows(): Promise<ReadonlyMap<string, KeyRow>> {
    await Promise.resolve();
    this.faults.assertAlive();
    return this.database.keys;
  }
}

function byId(a: StoredKey, b: StoredKey): number {
  return a.id < b.id ? -1 : 1;
}
