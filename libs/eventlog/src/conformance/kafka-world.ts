import { Kafka, logLevel } from 'kafkajs';
import { uniqueName, waitFor } from '@samspill/testing';
import { KafkaLog } from '../adapters/kafka/kafka-log.js';
import { silentLogger } from '../logger.js';
import { PostgresServiceDatabase } from './postgres-database.js';
import { allTopics, createTopics, type ToyTopics } from './toy/toy-manifests.js';
import type { KillableWorld } from './kills.js';

/** The log on Kafka, the services' databases on Postgres. */
export class KafkaWorld implements KillableWorld {
  readonly topics: ToyTopics = {
    bank: uniqueName('toy.bank'),
    owners: uniqueName('toy.owners'),
    people: uniqueName('toy.people'),
    keys: uniqueName('toy.keys'),
  };
  readonly #made: { drop(): Promise<void> }[] = [];

  private constructor(
    private readonly brokers: readonly string[],
    private readonly serverUrl: string,
  ) {}

  get logAddress(): KillableWorld['logAddress'] {
    return { kind: 'kafka', brokers: [...this.brokers] };
  }

  static async create(brokers: readonly string[], serverUrl: string): Promise<KafkaWorld> {
    const world = new KafkaWorld(brokers, serverUrl);
    await world.#createTopics();
    return world;
  }

  connectLog(): Promise<KafkaLog> {
    return Promise.resolve(
      new KafkaLog({ brokers: this.brokers, clientId: 'conformance', logger: silentLogger }),
    );
  }

  async database(): Promise<PostgresServiceDatabase> {
    return await PostgresServiceDatabase.create(this.serverUrl, this.#made);
  }

  async recreateTopics(between?: () => Promise<void>): Promise<void> {
    const admin = new Kafka({ brokers: [...this.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = [...allTopics(this.topics), this.topics.keys];
    await admin.deleteTopics({ topics: [...topics] });
    await waitFor(async () => (await admin.listTopics()).every((topic) => !topics.includes(topic)), {
      describe: 'the topics to be gone',
    });
    await admin.disconnect();
    await between?.();
    await this.#createTopics();
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.map((database) => database.drop()));
  }

  async #createTopics(): Promise<void> {
    const log = await this.connectLog();
    await createTopics(log, this.topics);
    await log.close();
  }
}
