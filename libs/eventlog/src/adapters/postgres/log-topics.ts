import { PlatformError } from '@samspill/kernel';
import type { Keeping } from '../../log.js';
import { integerArray, textArray } from './binary-array.js';
import type { Database } from './database.js';

export interface LogTopic {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
  readonly keeping: Keeping;
}

/** The topics of a log in Postgres. They never go away and never change, so what is known stays true. */
export class LogTopics {
  readonly #known = new Map<string, LogTopic>();

  constructor(private readonly database: Database) {}

  async find(names: readonly string[]): Promise<ReadonlyMap<string, LogTopic>> {
    const unknown = names.filter((name) => !this.#known.has(name));
    if (unknown.length > 0) {
      const { rows } = await this.database.withClient((client) =>
        client.query<LogTopic>(
          `SELECT id, name, partitions, CASE WHEN compacted THEN 'compacted' ELSE 'for-ever' END AS keeping
           FROM log.topic WHERE name = ANY ($1::text[])`,
          [textArray(unknown)],
        ),
      );
      for (const topic of rows) this.#known.set(topic.name, topic);
    }
    return new Map(names.flatMap((name) => this.#known.get(name) ?? []).map((topic) => [topic.name, topic]));
  }

  /** @throws PlatformError `eventlog.topic-missing` */
  async get(name: string): Promise<LogTopic> {
    const topic = (await this.find([name])).get(name);
    if (topic) return topic;
    throw topicMissing(name);
  }

  async create(names: readonly string[], partitions: number, keeping: Keeping = 'for-ever'): Promise<void> {
    await this.database.withClient((client) =>
      client.query(
        `WITH made AS (
           INSERT INTO log.topic (name, partitions, compacted) SELECT name, $2, $3 FROM unnest($1::text[]) AS n (name)
           ON CONFLICT DO NOTHING RETURNING id, partitions)
         INSERT INTO log.partition (topic, partition) SELECT id, generate_series(0, partitions - 1) FROM made`,
        [textArray(names), partitions, keeping === 'compacted'],
      ),
    );
  }

  /** Where each partition ends, by topic id and partition. */
  async ends(topicIds: readonly number[]): Promise<ReadonlyMap<string, bigint>> {
    const { rows } = await this.database.withClient((client) =>
      client.query<[number, number, string]>({
        name: 'log-watch',
        text: 'SELECT topic, partition, next_offset FROM log.partition WHERE topic = ANY ($1::int4[])',
        values: [integerArray(topicIds)],
        rowMode: 'array',
      }),
    );
    return new Map(rows.map(([topic, partition, end]) => [placeName(topic, partition), BigInt(end)]));
  }
}

export function topicMissing(name: string): PlatformError {
  return new PlatformError('eventlog.topic-missing', `The topic ${name} does not exist.`, false);
}

export function placeName(topicId: number, partition: number): string {
  return `${topicId}/${partition}`;
}
