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
  PositionMove,
  ReactorPosition,
} from '../../reactors/delivery-ledger.js';
import { notPlaced, ofAnotherLog } from '../../reactors/position-faults.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';
import type { Database } from './database.js';
import { deliveryParameters, entryFromRow, PUT_DELIVERIES_SQL, type DeliveryRow } from './delivery-rows.js';
import {
  BEGIN_SQL,
  COUNTS_OF_KEY_SQL,
  COUNTS_SQL,
  DOUBT_POSITIONS_SQL,
  DROP_SQL,
  DUE_AMONG_SQL,
  DUE_SQL,
  ENTRIES_SQL,
  LOCK_ENTRIES_SQL,
  LOCK_POSITION_SQL,
  NOW_SQL,
  NOW_WITHOUT_WAITING_SQL,
  PAGE_SQL,
  PASS_OVER_SQL,
  PLACE_SQL,
  POSITION_COLUMNS,
} from './delivery-statements.js';

interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: string;
  readonly log: string | null;
  readonly ask_before: string;
}

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
    move: PositionMove,
  ): Promise<void> {
    const { topic, partition, from, to, log } = move;
    if (things.length === 0 && (await this.#passOver(reactor, move))) return;
    await this.database.transaction(async (client) => {
      const { position, now } = await lockPosition(client, reactor, move);
      if (position.nextOffset >= to) return;
      if (position.log !== undefined && position.log !== log) throw ofAnotherLog(reactor, position);
      if (from > position.nextOffset) throw notPlaced(reactor, move);
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
      (client, [{ rows }, known]) => write(client, reactor, fold(known, rows[0]?.now ?? new Date())),
      { endsAtOnce: true },
    );
  }

  async begin(
    reactor: string,
    seen: readonly LedgerEntry[],
    endsInMs: number,
  ): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.database.withClient((client) =>
      client.query<[thing: string, attempts: number]>({
        text: BEGIN_SQL,
        values: [
          reactor,
          textArray(seen.map(({ thing }) => thing)),
          integerArray(seen.map(({ version }) => version)),
          integerArray(seen.map(({ attempts }) => attempts)),
          textArray(seen.map(({ state }) => state)),
          endsInMs,
        ],
        rowMode: 'array',
      }),
    );
    return new Map(rows);
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

  /** Moves the position over records that are about nothing of the reactor's; not where it is not as it should be. */
  async #passOver(reactor: string, { topic, partition, from, to, log }: PositionMove): Promise<boolean> {
    const { rowCount } = await this.database.withClient((client) =>
      client.query({
        name: 'eventlog-pass-over',
        text: PASS_OVER_SQL,
        values: [reactor, topic, partition, from.toString(), to.toString(), log],
      }),
    );
    return rowCount === 1;
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

/** Sends all of it before it returns. */
async function write(client: PoolClient, reactor: string, { put, drop = [] }: LedgerChange): Promise<void> {
  const sent: Promise<unknown>[] = [];
  if (put.length > 0) sent.push(client.query(PUT_DELIVERIES_SQL, [reactor, ...deliveryParameters(put)]));
  if (drop.length > 0) sent.push(client.query(DROP_SQL, [reactor, textArray(drop)]));
  await inTurn(...sent);
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
