import { createTestDatabase, uniqueName } from '@samspill/testing';
import { PostgresLog } from '../adapters/postgres/postgres-log.js';
import { silentLogger } from '../logger.js';
import { PostgresServiceDatabase } from './postgres-database.js';
import { createTopics, type ToyTopics } from './toy/toy-manifests.js';
import type { KillableWorld } from './kills.js';

/** Both the log and the services' databases on one Postgres server. */
export class PostgresWorld implements KillableWorld {
  readonly topics: ToyTopics = {
    bank: uniqueName('toy.bank'),
    owners: uniqueName('toy.owners'),
    people: uniqueName('toy.people'),
    keys: uniqueName('toy.keys'),
  };
  readonly #made: { drop(): Promise<void> }[] = [];
  #logUrl = '';

  private constructor(private readonly serverUrl: string) {}

  static async create(serverUrl: string): Promise<PostgresWorld> {
    const world = new PostgresWorld(serverUrl);
    await world.recreateTopics();
    return world;
  }

  get logAddress(): KillableWorld['logAddress'] {
    return { kind: 'postgres', url: this.#logUrl };
  }

  async connectLog(): Promise<PostgresLog> {
    return await PostgresLog.open({ url: this.#logUrl, logger: silentLogger });
  }

  async database(): Promise<PostgresServiceDatabase> {
    return await PostgresServiceDatabase.create(this.serverUrl, this.#made);
  }

  async recreateTopics(): Promise<void> {
    const database = await createTestDatabase({ prefix: 'toy_log', serverUrl: this.serverUrl });
    this.#made.push(database);
    this.#logUrl = database.url;
    const log = await this.connectLog();
    await createTopics(log, this.topics);
    await log.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.map((database) => database.drop()));
  }
}
