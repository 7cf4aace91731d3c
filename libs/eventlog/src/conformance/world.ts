import type { Projection, Row } from '@samspill/kernel';
import type { EventStore } from '../event-store.js';
import type { KeyStore } from '../keys/key-store.js';
import type { Log } from '../log.js';
import type { ProjectionStore } from '../projection-store.js';
import type { ToyTopics } from './toy/toy-manifests.js';

/** Topics and databases of one test, whatever they stand on. Processes of the test share them. */
export interface World<D extends ServiceDatabase = ServiceDatabase> {
  readonly topics: ToyTopics;
  /** A client of the log, as a process of its own would have it. */
  connectLog(): Promise<Log>;
  /** A new, empty database of a service. */
  database(): Promise<D>;
  /** Loses the topics with all that is in them, and makes them anew. */
  recreateTopics(): Promise<void>;
  close(): Promise<void>;
}

/** One service's database: event store and read tables. */
export interface ServiceDatabase {
  /** Clients of their own, as a process would have them. */
  connect(): Promise<Stores>;
  /** The same content elsewhere, as a backup that was put back. Nobody may be connected. */
  copy(): Promise<ServiceDatabase>;
  /** What readers see of a projection, sorted by key. */
  rows(projection: Projection): Promise<readonly Row[]>;
  /** Who holds the names of a scope. */
  holders(scope: string): Promise<ReadonlyMap<string, string>>;
  /** Holds back the commit of whatever appends to this stream, after it has its positions; returns how to let it pass. */
  holdBack(stream: string): Promise<() => Promise<void>>;
}

export interface Stores {
  readonly eventStore: EventStore;
  readonly projectionStore: ProjectionStore;
  readonly keyStore: KeyStore;
  close(): Promise<void>;
}

export type MakeWorld = () => Promise<World>;
