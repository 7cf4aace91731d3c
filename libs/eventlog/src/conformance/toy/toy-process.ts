import { streamName, type DomainEvent } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { EventLog } from '../../event-log.js';
import type { EventStore } from '../../event-store.js';
import type { KeyStore } from '../../keys/key-store.js';
import type { MasterKeys } from '../../keys/master-keys.js';
import type { Log } from '../../log.js';
import { silentLogger } from '../../logger.js';
import type { LogManifest } from '../../manifest.js';
import type { ProjectionStore } from '../../projection-store.js';
import type { Outsides } from '../../reactors/outside.js';
import type { ServiceDatabase, World } from '../world.js';
import { TOY_PARTITIONS } from './toy-manifests.js';
import { context } from './toy-writing.js';

/** A test's own parts between a process and its database or log. */
export interface Between {
  readonly log?: (log: Log) => Log;
  readonly eventStore?: (store: EventStore) => EventStore;
  readonly projectionStore?: (store: ProjectionStore) => ProjectionStore;
  readonly outsides?: Outsides;
  readonly keyStore?: (store: KeyStore) => KeyStore;
  /** With them personal data is sealed. */
  readonly masterKeys?: MasterKeys;
}

const SETTLE_MS = 120_000;

/** One process of a toy service: its `EventLog`, and the clients that it stands on. */
export class ToyProcess {
  private constructor(
    readonly eventLog: EventLog,
    readonly eventStore: EventStore,
    readonly projectionStore: ProjectionStore,
    readonly keyStore: KeyStore,
    readonly log: Log,
    private readonly end: () => Promise<void>,
  ) {}

  /** Connects without starting anything. */
  static async connect(
    world: World,
    database: ServiceDatabase,
    manifest: LogManifest,
    between: Between = {},
  ): Promise<ToyProcess> {
    const [client, stores] = await Promise.all([world.connectLog(), database.connect()]);
    const log = between.log?.(client) ?? client;
    const eventStore = between.eventStore?.(stores.eventStore) ?? stores.eventStore;
    const projectionStore = between.projectionStore?.(stores.projectionStore) ?? stores.projectionStore;
    const keyStore = between.keyStore?.(stores.keyStore) ?? stores.keyStore;
    const { masterKeys } = between;
    const eventLog = new EventLog({
      manifest,
      eventStore,
      projectionStore,
      log,
      logger: silentLogger,
      partitions: TOY_PARTITIONS,
      unitEvents: 1, // each partition by itself
      ...(between.outsides && { outsides: between.outsides }),
      ...(masterKeys && { keys: { store: keyStore, masterKeys, topic: world.topics.keys } }),
    });
    return new ToyProcess(eventLog, eventStore, projectionStore, keyStore, log, async () => {
      await eventLog.stop();
      await client.close();
      await stores.close();
    });
  }

  /** Connects, starts, and waits until it writes, publishes and projects. */
  static async start(...place: Parameters<typeof ToyProcess.connect>): Promise<ToyProcess> {
    const process = await ToyProcess.connect(...place);
    process.eventLog.start();
    await process.ready();
    return process;
  }

  async ready(): Promise<void> {
    await waitFor(
      () => {
        const { gate, projections, relay } = this.eventLog.status();
        return gate.state === 'open' && projections.state === 'running' && relay.state === 'running';
      },
      { describe: 'the process to be ready' },
    );
  }

  async stop(): Promise<void> {
    await this.end();
  }

  /** Appends events to a stream of a company, whatever its version is. */
  async append(
    company: string,
    category: string,
    name: string,
    ...events: readonly DomainEvent[]
  ): Promise<void> {
    const stream = streamName(category, company, name);
    await this.eventLog.transact(context(), async (unit) => {
      const history = await unit.load(stream);
      unit.append({ stream, key: company }, history.length, events);
    });
  }

  async settled(companies: readonly string[]): Promise<void> {
    const names = this.eventLog.manifest.projections.map((projection) => projection.name);
    for (const company of companies) await this.eventLog.settled(company, names, SETTLE_MS);
  }
}

export * from './toy-writing.js';
