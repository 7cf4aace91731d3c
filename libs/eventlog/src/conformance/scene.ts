import { afterEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Projection } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { toRecord } from '../codec.js';
import type { StoredEvent } from '../event-store.js';
import type { Log, LogRecord, ReceivedRecord } from '../log.js';
import type { LogManifest } from '../manifest.js';
import { partitionOf } from '../partitioner.js';
import { finish } from './random-operating.js';
import { allTopics, bankManifest, ownersManifest, TOY_PARTITIONS } from './toy/toy-manifests.js';
import { ToyProcess, type Between } from './toy/toy-process.js';
import type { ServiceDatabase, World } from './world.js';

/** A world of its own for one test, and everything that the test starts in it. */
export class Scene<D extends ServiceDatabase = ServiceDatabase, W extends World<D> = World<D>> {
  readonly #processes = new Set<ToyProcess>();
  readonly #logs: Log[] = [];

  private constructor(
    readonly world: W,
    readonly bankDatabase: D,
  ) {}

  static async open<D extends ServiceDatabase, W extends World<D>>(
    make: () => Promise<W & World<D>>,
  ): Promise<Scene<D, W>> {
    const world = await make();
    return new Scene(world, await world.database());
  }

  get bankManifest(): LogManifest {
    return bankManifest(this.world.topics);
  }

  get topic(): string {
    return this.world.topics.bank;
  }

  /** Starts a process of the bank's service and waits until it works. */
  async bank(between?: Between, database: ServiceDatabase = this.bankDatabase): Promise<ToyProcess> {
    const process = await this.bankConnected(between, database);
    process.eventLog.start();
    await process.ready();
    return process;
  }

  /** A process of the bank's service that has not been started. */
  async bankConnected(
    between?: Between,
    database: ServiceDatabase = this.bankDatabase,
    manifest = this.bankManifest,
  ): Promise<ToyProcess> {
    return this.#keep(await ToyProcess.connect(this.world, database, manifest, between));
  }

  /** Starts a process of the owners' service, which has a database of its own. */
  async owners(): Promise<ToyProcess> {
    return await this.start(await this.world.database(), ownersManifest(this.world.topics));
  }

  async start(database: ServiceDatabase, manifest: LogManifest): Promise<ToyProcess> {
    return this.#keep(await ToyProcess.start(this.world, database, manifest));
  }

  async stop(process: ToyProcess): Promise<void> {
    this.#processes.delete(process);
    await process.stop();
  }

  async log(): Promise<Log> {
    const log = await this.world.connectLog();
    this.#logs.push(log);
    return log;
  }

  /** Writes records to the partitions of their keys, past every store: what somebody else's mistake would look like. */
  async publish(topic: string, ...records: readonly LogRecord[]): Promise<void> {
    const writer = await (await this.log()).writer();
    for (const record of records) {
      await writer.publish(topic, new Map([[partitionOf(record.key, TOY_PARTITIONS), [record]]]));
    }
    await writer.close();
  }

  /** Everything that a topic holds now, partition after partition. */
  async records(topic = this.topic): Promise<readonly ReceivedRecord[]> {
    const log = await this.world.connectLog();
    try {
      const ranges = (await log.ends(topic)).map(({ begin, end }, partition) => ({
        topic,
        partition,
        from: begin,
        to: end,
      }));
      const records: ReceivedRecord[] = [];
      await log.read(ranges, (batch) => {
        records.push(...batch.records);
        return Promise.resolve();
      });
      return records;
    } finally {
      await log.close();
    }
  }

  /** Waits until every projection of a process has read all that is on its topics now. */
  async caughtUp(process: ToyProcess): Promise<void> {
    const ends = new Map<string, bigint>();
    for (const topic of allTopics(this.world.topics)) {
      (await process.log.ends(topic)).forEach(({ end }, partition) => ends.set(`${topic}/${partition}`, end));
    }
    for (const projection of process.eventLog.manifest.projections) {
      await waitFor(
        async () => {
          const checkpoints = await process.projectionStore.checkpoints(
            projection,
            await liveGeneration(process, projection),
          );
          return checkpoints.every((c) => c.nextOffset >= (ends.get(`${c.topic}/${c.partition}`) ?? 0n));
        },
        { describe: `${projection.name} to have read everything` },
      );
    }
  }

  /** Waits until a process has published all that its store holds. */
  async published(process: ToyProcess): Promise<void> {
    await waitFor(async () => (await process.eventLog.backlog()).count === 0, {
      describe: 'everything to be published',
    });
  }

  /** Brings what operators have begun to its end: by a process that lives, whoever has died over it. */
  async operationsEnded(process: ToyProcess): Promise<void> {
    await waitFor(
      async () => {
        const open = await process.projectionStore.operations.open();
        for (const operation of open) await finish(process.eventLog, operation);
        if (open.length > 0) throw new Error(`left: ${JSON.stringify(open)}`);
        return true;
      },
      { describe: 'operations to have ended' },
    );
  }

  /** Starts a process of the bank's service where operators may have left anything behind, and brings it to its end. */
  async bankAfterOperations(): Promise<ToyProcess> {
    const process = await this.bankConnected();
    process.eventLog.start();
    await this.operationsEnded(process);
    await process.ready();
    return process;
  }

  projection(name: 'toy.account' | 'toy.balance'): Projection {
    const found = this.bankManifest.projections.find((projection) => projection.name === name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  async rows(
    name: 'toy.account' | 'toy.balance',
    database: ServiceDatabase = this.bankDatabase,
  ): Promise<readonly object[]> {
    return await database.rows(this.projection(name));
  }

  /** What is parked in the live generation, as `stream@version: reason`. */
  async parked(process: ToyProcess, name: 'toy.account' | 'toy.balance'): Promise<readonly string[]> {
    const projection = this.projection(name);
    const parked = await process.projectionStore.parked(
      projection,
      await liveGeneration(process, projection),
    );
    return parked.map(({ event, reason }) => `${event.stream}@${event.version}: ${reason}`).sort();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes].map((process) => process.stop()));
    await Promise.all(this.#logs.map((log) => log.close()));
    await this.world.close();
  }

  #keep(process: ToyProcess): ToyProcess {
    this.#processes.add(process);
    return process;
  }
}

async function liveGeneration(process: ToyProcess, projection: Projection): Promise<number> {
  const generations = await process.projectionStore.generations(projection);
  const live = generations.find((generation) => generation.state === 'live');
  if (!live) throw new Error(`${projection.name} has no live generation`);
  return live.number;
}

/** Opens scenes for the tests of a suite and closes them after each. */
export function scenes<D extends ServiceDatabase, W extends World<D>>(
  make: () => Promise<W & World<D>>,
): () => Promise<Scene<D, W>> {
  const open: Scene<D, W>[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((scene) => scene.close()));
  });
  return async () => {
    const scene = await Scene.open(make);
    open.push(scene);
    return scene;
  };
}

/** An event as some service would have stored it. */
export function storedEvent(
  stream: string,
  version: number,
  event: { readonly type: string; readonly data: unknown },
  changes: Partial<StoredEvent> = {},
): StoredEvent {
  return {
    id: randomUUID(),
    stream,
    version,
    type: event.type,
    schemaVersion: event.type === 'toy.account.changed' ? 2 : 1,
    key: stream.split('/')[1] ?? '',
    time: '2026-03-01T12:00:00.000Z',
    actor: 'user:somebody',
    correlationId: 'a request',
    causationId: 'a request',
    value: Buffer.from(JSON.stringify(event.data)),
    ...changes,
  };
}

export function recordOf(event: StoredEvent): LogRecord {
  return toRecord(event, 'toy-somebody');
}

/** A company whose events lie in that partition. */
export function companyIn(partition: number): string {
  for (let number = 0; ; number += 1) {
    const company = `company-${number}`;
    if (partitionOf(company, TOY_PARTITIONS) === partition) return company;
  }
}

export const companies: readonly string[] = Array.from({ length: TOY_PARTITIONS }, (_, partition) =>
  companyIn(partition),
);
export const [company = '', otherCompany = ''] = companies;
