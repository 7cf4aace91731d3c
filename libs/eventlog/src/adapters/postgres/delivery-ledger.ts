import type { PoolClient } from 'pg';
import { inTurn } from '../../in-turn.js';
import type { PartitionOf } from '../../projection-store.js';
import type { LedgerEntry } from '../../reactors/delivery.js';
import type {
  ChangeOptions,
  DeliveryLedger,
  DeliveryWait,
  DueQuery,
  IntakeFold,
  LedgerChange,
  LedgerCounts,
  LedgerFold,
  LedgerQuery,
  ReactorPosition,
} from '../../reactors/delivery-ledger.js';
import { notPlaced, ofAnotherLog } from '../../reactors/position-faults.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';
import type { Database } from './database.js';
import {
  deliveryParameters,
  DELIVERY_COLUMNS,
  entryFromRow,
  PUT_DELIVERIES_SQL,
  type DeliveryRow,
} from './delivery-rows.js';

const POSITION_COLUMNS = 'topic, partition, next_offset, log, ask_before';

interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: string;
  readonly log: string | null;
  readonly ask_before: string;
}

/** Adds what is missing, and replaces what is of another log. */
const PLACE_SQL = `
  INSERT INTO eventlog.reactor_position AS p (reactor, ${POSITION_COLUMNS})
  SELECT $1, * FROM unnest($2::text[], $3::int4[], $4::int8[], $5::text[], $6::int8[]) AS n (${POSITION_COLUMNS})
  ORDER BY topic, partition
  ON CONFLICT (reactor, topic, partition) DO UPDATE
    SET next_offset = excluded.next_offset, log = excluded.log, ask_before = excluded.ask_before
    WHERE p.log IS NOT NULL AND p.log IS DISTINCT FROM excluded.log`;

/** Keeps others from taking in or adding things of the partition. */
const LOCK_POSITION_SQL = `
  SELECT ${POSITION_COLUMNS}, now() AS now FROM eventlog.reactor_position
  WHERE reactor = $1 AND topic = $2 AND partition = $3 FOR UPDATE`;

/**
 * Thing by thing by the primary key. With `thing = ANY (…)` a table that nobody has analysed since it was filled is read from end to end for a hundred
 * things: its planner takes the reactor alone for as good a condition.
 */
const LOCK_ENTRIES_SQL = `
  SELECT d.* FROM (SELECT DISTINCT thing FROM unnest($2::text[]) AS named (thing) ORDER BY thing) wanted
  CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery WHERE reactor = $1 AND thing = wanted.thing FOR UPDATE) d`;
/** As {@link LOCK_ENTRIES_SQL}. */
const ENTRIES_SQL = `
  SELECT d.* FROM unnest($2::text[]) AS wanted (thing)
  CROSS JOIN LATERAL (SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery WHERE reactor = $1 AND thing = wanted.thing) d`;

const NOW_SQL = 'SELECT now() AS now';
/** The commit is not waited for until it is on disk. */
const NOW_WITHOUT_WAITING_SQL = `SELECT now() AS now, set_config('synchronous_commit', 'off', true)`;

const DOUBT_POSITIONS_SQL = `
  UPDATE eventlog.reactor_position p SET ask_before = b."offset"
  FROM unnest($2::text[], $3::int4[], $4::int8[]) AS b (topic, partition, "offset")
  WHERE p.reactor = $1 AND p.topic = b.topic AND p.partition = b.partition AND p.ask_before < b."offset"`;

/**
 * Goes from company to company by the index delivery_open, whose condition this repeats, and takes the first of each: however many
 * deliveries a company has, it costs the others nothing.
 */
const DUE_SQL = `
  WITH RECURSIVE lane AS (
    (SELECT key FROM eventlog.delivery
     WHERE reactor = $1 AND state IN ('intended', 'sent', 'unknown') AND key > $2 ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT d.key FROM eventlog.delivery d
            WHERE d.reactor = $1 AND d.state IN ('intended', 'sent', 'unknown') AND d.key > lane.key ORDER BY d.key LIMIT 1)
    FROM lane WHERE lane.key IS NOT NULL),
  ready AS (
    SELECT key FROM lane
    WHERE key IS NOT NULL AND key <> ALL ($3::text[]) AND EXISTS (
      SELECT FROM eventlog.delivery d
      WHERE d.reactor = $1 AND d.key = lane.key AND d.state IN ('intended', 'sent', 'unknown') AND d.due_at <= now())
    LIMIT $4)
  SELECT d.* FROM ready CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
    WHERE reactor = $1 AND key = ready.key AND state IN ('intended', 'sent', 'unknown') AND due_at <= now()
    ORDER BY due_at LIMIT $5) d`;

/** As {@link DUE_SQL}, of companies that are named: each is looked up by the index delivery_open. */
const DUE_AMONG_SQL = `
  WITH ready AS (
    SELECT key, place FROM unnest($2::text[]) WITH ORDINALITY AS among (key, place)
    WHERE EXISTS (
      SELECT FROM eventlog.delivery d
      WHERE d.reactor = $1 AND d.key = among.key AND d.state IN ('intended', 'sent', 'unknown') AND d.due_at <= now())
    ORDER BY place LIMIT $3)
  SELECT d.* FROM ready CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
    WHERE reactor = $1 AND key = ready.key AND state IN ('intended', 'sent', 'unknown') AND due_at <= now()
    ORDER BY due_at LIMIT $4) d
  ORDER BY ready.place`;

const PAGE_SQL = `
  SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
  WHERE reactor = $1 AND state = ANY ($2::text[]) AND ($3::text IS NULL OR key = $3) AND ($4::text IS NULL OR thing > $4)
  ORDER BY thing LIMIT $5`;

/** Of one company: by the index delivery_of_key. Of all it reads the whole ledger, which only those do who look after the service. */
const COUNTS_SQL = `
  SELECT count(*) FILTER (WHERE state IN ('intended', 'sent', 'unknown'))::float8 AS open,
    count(*) FILTER (WHERE state = 'unknown')::float8 AS in_doubt,
    count(*) FILTER (WHERE state = 'refused')::float8 AS refused,
    count(*) FILTER (WHERE state = 'confirmed')::float8 AS confirmed,
    max(confirmed_at) AS last_confirmed_at,
    count(*) FILTER (WHERE confirmed_at > now() - interval '1 minute')::float8 AS confirmed_last_minute
  FROM eventlog.delivery WHERE reactor = $1`;
const COUNTS_OF_KEY_SQL = `${COUNTS_SQL} AND key = $2`;

interface CountsRow {
  readonly open: number;
  readonly in_doubt: number;
  readonly refused: number;
  readonly confirmed: number;
  readonly last_confirmed_at: Date | null;
  readonly confirmed_last_minute: number;
}

interface WaitRow {
  readonly key: string;
  readonly failures: number;
  readonly since: Date;
  readonly until: Date;
  readonly code: string;
  readonly words: string;
}

/** Ledgers of reactors in the service's own database. */
export class PostgresDeliveryLedger implements DeliveryLedger {
  constructor(private readonly database: Database) {}

  async positions(reactor: string): Promise<readonly ReactorPosition[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<PositionRow>(
        `SELECT ${POSITION_COLUMNS} FROM eventlog.reactor_position WHERE reactor = $1`,
        [reactor],
      );
      return rows.map(positionOf);
    });
  }

  async place(reactor: string, positions: readonly ReactorPosition[]): Promise<void> {
    await this.database.withClient((client) =>
      client.query(PLACE_SQL, [
        reactor,
        textArray(positions.map(({ topic }) => topic)),
        integerArray(positions.map(({ partition }) => partition)),
        bigintArray(positions.map(({ nextOffset }) => nextOffset)),
        textArray(positions.map(({ log }) => log ?? null)),
        bigintArray(positions.map(({ askBefore }) => askBefore)),
      ]),
    );
  }

  async takeIn(
    reactor: string,
    things: readonly string[],
    fold: IntakeFold,
    move: PartitionOf & { readonly to: bigint; readonly log: string },
  ): Promise<void> {
    const { topic, partition, to, log } = move;
    await this.database.transaction(async (client) => {
      const { position, now } = await lockPosition(client, reactor, move);
      if (position.nextOffset >= to) return;
      if (position.log !== undefined && position.log !== log) throw ofAnotherLog(reactor, position);
      const known = await lockEntries(client, reactor, things);
      await write(client, reactor, fold(known, now, position));
      await client.query(
        'UPDATE eventlog.reactor_position SET next_offset = $4, log = $5 WHERE reactor = $1 AND topic = $2 AND partition = $3',
        [reactor, topic, partition, to.toString(), log],
      );
    });
  }

  async add(
    reactor: string,
    things: readonly string[],
    fold: LedgerFold,
    partition: PartitionOf,
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      const { now } = await lockPosition(client, reactor, partition);
      await write(client, reactor, fold(await lockEntries(client, reactor, things), now));
    });
  }

  async change(
    reactor: string,
    things: readonly string[],
    fold: LedgerFold,
    { isOnLog = false }: ChangeOptions = {},
  ): Promise<void> {
    const nowSql = isOnLog ? NOW_WITHOUT_WAITING_SQL : NOW_SQL;
    await this.database.transactionOn(
      'BEGIN',
      (client) => inTurn(client.query<{ now: Date }>(nowSql), lockEntries(client, reactor, things)),
      async (client, [{ rows }, known]) => {
        await write(client, reactor, fold(known, rows[0]?.now ?? new Date()));
      },
    );
  }

  async doubt(
    reactor: string,
    before: readonly (PartitionOf & { readonly offset: bigint })[],
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      await client.query(DOUBT_POSITIONS_SQL, [
        reactor,
        textArray(before.map(({ topic }) => topic)),
        integerArray(before.map(({ partition }) => partition)),
        bigintArray(before.map(({ offset }) => offset)),
      ]);
      await client.query(
        "UPDATE eventlog.delivery SET state = 'unknown' WHERE reactor = $1 AND state = 'intended'",
        [reactor],
      );
    });
  }

  async entries(reactor: string, things: readonly string[]): Promise<ReadonlyMap<string, LedgerEntry>> {
    const entries = await this.#entries(ENTRIES_SQL, [reactor, textArray(things)]);
    return new Map(entries.map((entry) => [entry.thing, entry]));
  }

  async due(
    reactor: string,
    { keys, perKey, without, after, among }: DueQuery,
  ): Promise<readonly LedgerEntry[]> {
    if (among) return await this.#entries(DUE_AMONG_SQL, [reactor, textArray(among), keys, perKey]);
    return await this.#entries(DUE_SQL, [reactor, after, textArray(without), keys, perKey]);
  }

  async page(reactor: string, { states, key, after, limit }: LedgerQuery): Promise<readonly LedgerEntry[]> {
    return await this.#entries(PAGE_SQL, [reactor, textArray(states), key ?? null, after ?? null, limit]);
  }

  async counts(reactor: string, key?: string): Promise<LedgerCounts> {
    return await this.database.withClient(async (client) => {
      const { rows } =
        key === undefined
          ? await client.query<CountsRow>(COUNTS_SQL, [reactor])
          : await client.query<CountsRow>(COUNTS_OF_KEY_SQL, [reactor, key]);
      const [row] = rows;
      return {
        open: row?.open ?? 0,
        inDoubt: row?.in_doubt ?? 0,
        refused: row?.refused ?? 0,
        confirmed: row?.confirmed ?? 0,
        ...(row?.last_confirmed_at && { lastConfirmedAt: row.last_confirmed_at.toISOString() }),
        confirmedLastMinute: row?.confirmed_last_minute ?? 0,
      };
    });
  }

  async waits(reactor: string): Promise<readonly DeliveryWait[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<WaitRow>(
        'SELECT key, failures, since, until, code, words FROM eventlog.delivery_wait WHERE reactor = $1',
        [reactor],
      );
      return rows.map(({ since, until, ...wait }) => ({
        ...wait,
        since: since.toISOString(),
        until: until.toISOString(),
      }));
    });
  }

  async putWait(reactor: string, { key, failures, since, until, code, words }: DeliveryWait): Promise<void> {
    await this.database.withClient((client) =>
      client.query(
        `INSERT INTO eventlog.delivery_wait (reactor, key, failures, since, until, code, words) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (reactor, key) DO UPDATE SET failures = excluded.failures, since = excluded.since, until = excluded.until,
           code = excluded.code, words = excluded.words`,
        [reactor, key, failures, since, until, code, words],
      ),
    );
  }

  async endWait(reactor: string, key: string): Promise<void> {
    await this.database.withClient((client) =>
      client.query('DELETE FROM eventlog.delivery_wait WHERE reactor = $1 AND key = $2', [reactor, key]),
    );
  }

  async #entries(text: string, values: unknown[]): Promise<readonly LedgerEntry[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<DeliveryRow>(text, values);
      return rows.map(entryFromRow);
    });
  }
}

async function lockPosition(
  client: PoolClient,
  reactor: string,
  place: PartitionOf,
): Promise<{ readonly position: ReactorPosition; readonly now: Date }> {
  const { rows } = await client.query<PositionRow & { readonly now: Date }>(LOCK_POSITION_SQL, [
    reactor,
    place.topic,
    place.partition,
  ]);
  if (!rows[0]) throw notPlaced(reactor, place);
  return { position: positionOf(rows[0]), now: rows[0].now };
}

async function lockEntries(
  client: PoolClient,
  reactor: string,
  things: readonly string[],
): Promise<ReadonlyMap<string, LedgerEntry>> {
  if (things.length === 0) return new Map();
  const { rows } = await client.query<DeliveryRow>(LOCK_ENTRIES_SQL, [reactor, textArray(things)]);
  return new Map(rows.map((row) => [row.thing, entryFromRow(row)]));
}

async function write(client: PoolClient, reactor: string, { put, drop = [] }: LedgerChange): Promise<void> {
  if (put.length > 0) await client.query(PUT_DELIVERIES_SQL, [reactor, ...deliveryParameters(put)]);
  if (drop.length > 0)
    await client.query('DELETE FROM eventlog.delivery WHERE reactor = $1 AND thing = ANY ($2::text[])', [
      reactor,
      textArray(drop),
    ]);
}

function positionOf(row: PositionRow): ReactorPosition {
  return {
    topic: row.topic,
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    log: row.log ?? undefined,
    askBefore: BigInt(row.ask_before),
  };
}
