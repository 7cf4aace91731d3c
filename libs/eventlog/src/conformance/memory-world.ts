import type { Projection, Row } from '@samspill/kernel';
import { Faults } from '../adapters/memory/faults.js';
import { MemoryCluster } from '../adapters/memory/memory-cluster.js';
import { MemoryEventDatabase } from '../adapters/memory/memory-event-database.js';
import { MemoryEventStore } from '../adapters/memory/memory-event-store.js';
import { MemoryKeyStore } from '../adapters/memory/memory-key-store.js';
import { MemoryLog } from '../adapters/memory/memory-log.js';
import { MemoryProjectionStore } from '../adapters/memory/memory-projection-store.js';
import { MemoryReadTables } from '../adapters/memory/memory-read-tables.js';
import { sortedByKey } from './model.js';
import { overriding } from './overriding.js';
import { allTopics, TOY_PARTITIONS, type ToyTopics } from './toy/toy-manifests.js';
import type { ServiceDatabase, Stores, World } from './world.js';

/** Everything in memory. Processes take a `Faults` each, which can end them at any point. */
export class MemoryWorld implements World {
  readonly topics: ToyTopics = {
    bank: 'toy.bank',
    owners: 'toy.owners',
    people: 'toy.people',
    keys: 'toy.keys',
  };
  #cluster = new MemoryCluster();

  constructor() {
    this.#create();
  }

  connectLog(faults?: Faults): Promise<MemoryLog> {
    return Promise.resolve(new MemoryLog(this.#cluster, faults));
  }

  database(): Promise<MemoryServiceDatabase> {
    return Promise.resolve(new MemoryServiceDatabase());
  }

  recreateTopics(): Promise<void> {
    this.#cluster = new MemoryCluster();
    this.#create();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #create(): void {
    for (const topic of allTopics(this.topics)) this.#cluster.create(topic, TOY_PARTITIONS);
    this.#cluster.create(this.topics.keys, TOY_PARTITIONS, 'compacted');
  }
}

export class MemoryServiceDatabase implements ServiceDatabase {
  readonly tables = new MemoryReadTables();
  readonly #heldBack = new Map<string, Promise<undefined>>();

  constructor(readonly events = new MemoryEventDatabase()) {}

  connect(faults?: Faults): Promise<Stores> {
    const store = new MemoryEventStore(this.events, TOY_PARTITIONS, faults);
    const eventStore = overriding(store, {
      append: async (appends, options) => {
        for (const { stream } of appends) await this.#heldBack.get(stream);
        await store.append(appends, options);
      },
    });
    const projectionStore = new MemoryProjectionStore(this.tables, faults);
    const keyStore = new MemoryKeyStore(this.events, faults);
    return Promise.resolve({ eventStore, projectionStore, keyStore, close: () => Promise.resolve() });
  }

  copy(): Promise<ServiceDatabase> {
    return Promise.resolve(new MemoryServiceDatabase(this.events.copy()));
  }

  rows(projection: Projection): Promise<readonly Row[]> {
    return Promise.resolve(sortedByKey(projection, this.tables.live(projection)));
  }

  holders(scope: string): Promise<ReadonlyMap<string, string>> {
    const held = [...this.events.reservations].flatMap(([key, { owner }]) => {
      const [heldScope, name] = JSON.parse(key) as [string, string];
      return heldScope === scope ? [[name, owner] as const] : [];
    });
    return Promise.resolve(new Map(held.toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }

  /** Positions are given out and committed at once here, so that holding back means waiting before. */
  holdBack(stream: string): Promise<() => Promise<void>> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#heldBack.set(stream, promise);
    return Promise.resolve(() => {
      this.#heldBack.delete(stream);
      resolve(undefined);
      return Promise.resolve();
    });
  }
}
