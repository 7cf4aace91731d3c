import type { PoolClient } from 'pg';
import { ReservationTakenError, type NameChange, type ReservationChange } from '../../event-store.js';
import { textArray, timeArray } from './binary-array.js';

const GIVE_SQL = `
  DELETE FROM eventlog.reservation r USING unnest($1::text[], $2::text[], $3::text[]) AS u (scope, name, owner)
  WHERE r.scope = u.scope AND r.name = u.name AND r.owner = u.owner`;

const GIVE_ALL_SQL = 'DELETE FROM eventlog.reservation WHERE scope = $1 AND owner = $2';

/** By the primary key. */
const HOLDER_SQL = 'SELECT owner FROM eventlog.reservation WHERE scope = $1 AND name = $2';

/** The second of two at once waits here for the first, and then finds its owner. */
const TAKE_SQL = `
  INSERT INTO eventlog.reservation AS r (scope, name, owner, since) VALUES ($1, $2, $3, $4)
  ON CONFLICT (scope, name) DO UPDATE SET owner = excluded.owner WHERE r.owner = excluded.owner`;

/** Nobody is refused: the events have happened. The last owner may be met before an earlier one, who must not oust it. */
const TAKE_IN_SQL = `
  INSERT INTO eventlog.reservation AS r (scope, name, owner, since)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
  ON CONFLICT (scope, name) DO UPDATE SET owner = excluded.owner, since = excluded.since
  WHERE r.owner = excluded.owner OR r.since < excluded.since`;

/** Applies the changes of an append, one after the other. @throws ReservationTakenError */
export async function changeReservations(
  client: PoolClient,
  changes: readonly ReservationChange[],
): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'give-all') {
      await client.query(GIVE_ALL_SQL, [change.scope, change.owner]);
      continue;
    }
    if (change.kind === 'give') {
      await client.query(GIVE_SQL, owners([change]));
      continue;
    }
    const result = await client.query(TAKE_SQL, [change.scope, change.name, change.owner, change.time]);
    if (result.rowCount !== 1) throw new ReservationTakenError(change);
  }
}

export async function reservationHolder(
  client: PoolClient,
  scope: string,
  name: string,
): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(HOLDER_SQL, [scope, name]);
  return rows[0]?.owner;
}

/** Applies the changes of events that are taken in from the log. */
export async function takeInReservations(
  client: PoolClient,
  changes: readonly ReservationChange[],
): Promise<void> {
  let named: NameChange[] = [];
  for (const change of changes) {
    if (change.kind !== 'give-all') {
      named.push(change);
      continue;
    }
    await takeInNames(client, named);
    named = [];
    await client.query(GIVE_ALL_SQL, [change.scope, change.owner]);
  }
  await takeInNames(client, named);
}

async function takeInNames(client: PoolClient, changes: readonly NameChange[]): Promise<void> {
  for (const round of rounds(changes)) {
    const gives = round.filter((change) => change.kind === 'give');
    const takes = round.filter((change) => change.kind === 'take');
    if (gives.length > 0) await client.query(GIVE_SQL, owners(gives));
    if (takes.length > 0) {
      await client.query(TAKE_IN_SQL, [...owners(takes), timeArray(takes.map((change) => change.time))]);
    }
  }
}

/** Sets of changes that no name is in twice, so that each set can be one statement and each name's changes keep their order. */
function rounds(changes: readonly NameChange[]): readonly NameChange[][] {
  const sets: NameChange[][] = [];
  const seen = new Map<string, number>();
  for (const change of changes) {
    const name = JSON.stringify([change.scope, change.name]);
    const round = seen.get(name) ?? 0;
    seen.set(name, round + 1);
    (sets[round] ??= []).push(change);
  }
  return sets;
}

function owners(changes: readonly NameChange[]): Buffer[] {
  return [
    textArray(changes.map((change) => change.scope)),
    textArray(changes.map((change) => change.name)),
    textArray(changes.map((change) => change.owner)),
  ];
}
