import type { PoolClient } from 'pg';
import type { LogRecord, PartitionEnds, ReceivedRecord, RecordBatch } from '../../log.js';
import { DecodedRecord, decodedWhole } from '../../received-record.js';
import { bigintArray, bytesArray, integerArray, textArray } from './binary-array.js';
import type { Database } from './database.js';
import { topicMissing, type LogTopic } from './log-topics.js';

/** Records and bytes of one fetch; whichever is reached first. */
const FETCH_RECORDS = 2_000;
const FETCH_BYTES = 4 * 1024 * 1024;

/**
 * One statement, so one transaction and one journey: lock the partitions in order, move their ends, write. A second writer of the
 * same partition waits at the lock and then goes on from the end that the first has left.
 */
const publishSql = (isCompacted: boolean): string => `
  WITH batch AS (SELECT * FROM unnest($2::int4[], $3::int4[]) AS b (partition, count)),
  locked AS (
    SELECT p.partition FROM log.partition p JOIN batch USING (partition)
    WHERE p.topic = $1 ORDER BY p.partition FOR UPDATE OF p),
  moved AS (
    UPDATE log.partition p SET next_offset = p.next_offset + b.count
    FROM locked JOIN batch b USING (partition)
    WHERE p.topic = $1 AND p.partition = locked.partition
    RETURNING p.partition, p.next_offset - b.count AS base),
  written AS (
    INSERT INTO log.record (topic, partition, "offset", timestamp_ms, key, headers, value, compacted)
    SELECT $1, moved.partition, moved.base + r.index, r.timestamp_ms, r.key, r.headers, r.value, ${isCompacted ? 'true' : 'NULL'}
    FROM unnest($4::int4[], $5::int4[], $6::int8[], $7::text[], $8::text[], $9::bytea[])
      AS r (partition, index, timestamp_ms, key, headers, value)
    JOIN moved USING (partition))
  SELECT partition, base FROM moved`;

const PUBLISH_SQL = publishSql(false);
const PUBLISH_COMPACTED_SQL = publishSql(true);

/** Of a compacted topic, what other records of the same keys have superseded; by the index `record_compacted`. */
const COMPACT_SQL = `
  DELETE FROM log.record r USING unnest($2::int4[], $3::text[]) AS n (partition, key)
  WHERE r.topic = $1 AND r.partition = n.partition AND r.key = n.key AND r.compacted AND EXISTS (
    SELECT FROM log.record o
    WHERE o.topic = r.topic AND o.partition = r.partition AND o.key = r.key AND o.compacted AND o."offset" > r."offset")`;

/** A stretch of the primary key. The first record comes whatever its size. */
const FETCH_SQL = `
  SELECT r.key, r.headers, r.value, r.timestamp_ms, (SELECT next_offset FROM log.partition WHERE topic = $1 AND partition = $2), r."offset"
  FROM (
    SELECT *, sum(octet_length(value)) OVER (ORDER BY "offset") - octet_length(value) AS bytes_before
    FROM (
      SELECT * FROM log.record
      WHERE topic = $1 AND partition = $2 AND "offset" >= $3 AND "offset" < $4 ORDER BY "offset" LIMIT ${FETCH_RECORDS}) n) r
  WHERE r.bytes_before < ${FETCH_BYTES}
  ORDER BY r."offset"`;

const ENDS_SQL = `
  SELECT p.partition, p.next_offset, c.id || '/' || coalesce(r.headers::json ->> 'ce_logid', r.headers::json ->> 'ce_id', 'at ' || r.timestamp_ms)
  FROM log.topic t
  JOIN log.partition p ON p.topic = t.id
  CROSS JOIN log.cluster c
  LEFT JOIN log.record r ON r.topic = p.topic AND r.partition = p.partition AND r."offset" = 0
  WHERE t.name = $1
  ORDER BY p.partition`;

/** Writes and returns the offset of the first record of each partition. */
export async function writeRecords(
  database: Database,
  { id: topicId, keeping }: Pick<LogTopic, 'id' | 'keeping'>,
  batches: ReadonlyMap<number, readonly LogRecord[]>,
): Promise<ReadonlyMap<number, bigint>> {
  const rows = [...batches].flatMap(([partition, records]) =>
    records.map((record, index) => ({ partition, index, record })),
  );
  const values = [
    topicId,
    integerArray([...batches.keys()]),
    integerArray([...batches.values()].map((records) => records.length)),
    integerArray(rows.map(({ partition }) => partition)),
    integerArray(rows.map(({ index }) => index)),
    bigintArray(rows.map(({ record }) => BigInt(record.timestampMs))),
    textArray(rows.map(({ record }) => record.key)),
    textArray(rows.map(({ record }) => JSON.stringify(record.headers))),
    bytesArray(rows.map(({ record }) => record.value)),
  ];
  const write = async (client: PoolClient, name: string, text: string): Promise<Map<number, bigint>> => {
    const result = await client.query<[number, string]>({ name, text, values, rowMode: 'array' });
    return new Map(result.rows.map(([partition, base]) => [partition, BigInt(base)]));
  };
  if (keeping === 'for-ever')
    return await database.withClient((client) => write(client, 'log-publish', PUBLISH_SQL));
  return await database.transaction(async (client) => {
    const offsets = await write(client, 'log-publish-compacted', PUBLISH_COMPACTED_SQL);
    const [partitions, keys] = [values[3], values[6]];
    await client.query({ name: 'log-compact', text: COMPACT_SQL, values: [topicId, partitions, keys] });
    return offsets;
  });
}

type RecordRow = [
  key: string,
  headers: string,
  value: Buffer,
  timestampMs: string,
  end: string,
  offset: string,
];

/** Records from an offset on, below another; undefined where there are none yet. */
export async function fetchRecords(
  database: Database,
  place: { readonly topicId: number; readonly topic: string; readonly partition: number },
  from: bigint,
  below: bigint,
): Promise<RecordBatch | undefined> {
  const values = [place.topicId, place.partition, from.toString(), below.toString()];
  const { rows } = await database.withClient((client) =>
    client.query<RecordRow>({ name: 'log-fetch', text: FETCH_SQL, values, rowMode: 'array' }),
  );
  const first = rows[0];
  if (!first) return undefined;
  const records = rows.map((row) => new StoredRecord(row));
  return { topic: place.topic, partition: place.partition, records, highWatermark: BigInt(first[4]) };
}

export async function fetchEnds(database: Database, topic: string): Promise<readonly PartitionEnds[]> {
  const { rows } = await database.withClient((client) =>
    client.query<[number, string, string | null]>({
      name: 'log-ends',
      text: ENDS_SQL,
      values: [topic],
      rowMode: 'array',
    }),
  );
  return rows.map(([, end, identity]) => ({ begin: 0n, end: BigInt(end), identity: identity ?? undefined }));
}

/** The log and the topic as they were made. @throws PlatformError `eventlog.topic-missing` */
export async function fetchTopicIdentity(database: Database, topic: string): Promise<string> {
  const { rows } = await database.withClient((client) =>
    client.query<{ identity: string }>({
      name: 'log-identity',
      text: "SELECT c.id || '/' || t.id AS identity FROM log.topic t CROSS JOIN log.cluster c WHERE t.name = $1",
      values: [topic],
    }),
  );
  if (rows[0]) return rows[0].identity;
  throw topicMissing(topic);
}

class StoredRecord implements ReceivedRecord {
  #headers: Readonly<Record<string, string>> | undefined;

  constructor(private readonly row: RecordRow) {}

  get offset(): bigint {
    return BigInt(this.row[5]);
  }

  get key(): string {
    return this.row[0];
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= decodeHeaders(this.row[1]);
    return this.#headers;
  }

  get value(): Buffer {
    return this.row[2];
  }

  get timestampMs(): number {
    return Number(this.row[3]);
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }

  detached(): ReceivedRecord {
    return new DecodedRecord({ ...decodedWhole(this), value: Buffer.from(this.value) }, this.offset);
  }
}

/** What {@link writeRecords} wrote. */
function decodeHeaders(json: string): Record<string, string> {
  return JSON.parse(json) as Record<string, string>;
}
