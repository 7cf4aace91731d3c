import { createHash } from 'node:crypto';
import type { Database } from '@samspill/eventlog';
import { z } from 'zod';

/** How many failures are free, and how the wait grows after them. */
export interface AttemptLimit {
  readonly scope: string;
  readonly free: number;
  readonly firstBlockMs: number;
  readonly longestBlockMs: number;
  /** Failures older than this do not count. */
  readonly forgetMs: number;
}

const MINUTE_MS = 60_000;
/** NIST SP 800-63B-4, 3.2.2 allows 100; people need three. */
export const BY_ACCOUNT: AttemptLimit = {
  scope: 'account',
  free: 5,
  firstBlockMs: 30_000,
  longestBlockMs: 15 * MINUTE_MS,
  forgetMs: 24 * 60 * MINUTE_MS,
};
/** A whole office may sit behind one address. */
export const BY_ADDRESS: AttemptLimit = {
  scope: 'address',
  free: 50,
  firstBlockMs: MINUTE_MS,
  longestBlockMs: 60 * MINUTE_MS,
  forgetMs: 60 * MINUTE_MS,
};
/** Mails that somebody can have sent to one address: each is a nuisance, and the last link counts anyway. */
export const MAILS_BY_ACCOUNT: AttemptLimit = {
  scope: 'mail',
  free: 3,
  firstBlockMs: 10 * MINUTE_MS,
  longestBlockMs: 24 * 60 * MINUTE_MS,
  forgetMs: 24 * 60 * MINUTE_MS,
};
/** From this many failures in a row the user is told by mail. */
export const TELL_AFTER_FAILURES = 10;

const BLOCKED_SQL = `
  SELECT max(blocked_until) AS until FROM identity.attempt a
  JOIN unnest($1::text[], $2::bytea[]) AS u (scope, subject) ON a.scope = u.scope AND a.subject = u.subject`;
/** One row a subject, counted in one statement: two at once cannot both be the last free one. */
const COUNT_SQL = `
  INSERT INTO identity.attempt AS a (scope, subject, failures, last_at) VALUES ($1, $2, 1, $3)
  ON CONFLICT (scope, subject) DO UPDATE SET
    failures = CASE WHEN a.last_at < $4 THEN 1 ELSE a.failures + 1 END, last_at = excluded.last_at
  RETURNING failures`;
const BLOCK_SQL = 'UPDATE identity.attempt SET blocked_until = $3 WHERE scope = $1 AND subject = $2';
const CLEAR_SQL = 'DELETE FROM identity.attempt WHERE scope = $1 AND subject = $2';
const TIDY_SQL = 'DELETE FROM identity.attempt WHERE last_at < $1';
const TIDY_AFTER_MS = 48 * 60 * MINUTE_MS;

const untilRow = z.object({ until: z.date().nullable() });
const countRow = z.object({ failures: z.number() });

export interface Attempted {
  readonly limit: AttemptLimit;
  /** Whom or what the limit is for; only its hash is kept. */
  readonly subject: string;
}

/** Attempts that failed, in the database: they count whichever process they came to. */
export class Attempts {
  constructor(private readonly database: Database) {}

  /** Until when one of these has to wait; undefined where all may try. */
  async blockedUntil(attempted: readonly Attempted[], now: Date): Promise<Date | undefined> {
    const values = [
      attempted.map(({ limit }) => limit.scope),
      attempted.map(({ subject }) => keyOf(subject)),
    ];
    const { rows } = await this.database.withClient((client) => client.query(BLOCKED_SQL, values));
    const until = z.array(untilRow).parse(rows)[0]?.until ?? undefined;
    return until !== undefined && until > now ? until : undefined;
  }

  /** One more; @returns how many there have been of the first */
  async count(attempted: readonly Attempted[], now: Date): Promise<number> {
    let first: number | undefined;
    for (const { limit, subject } of attempted) {
      const failures = await this.database.withClient(async (client) => {
        const since = new Date(now.getTime() - limit.forgetMs);
        const { rows } = await client.query(COUNT_SQL, [limit.scope, keyOf(subject), now, since]);
        const counted = z.array(countRow).parse(rows)[0]?.failures ?? 1;
        const waitMs = blockMs(limit, counted);
        if (waitMs > 0)
          await client.query(BLOCK_SQL, [limit.scope, keyOf(subject), new Date(now.getTime() + waitMs)]);
        return counted;
      });
      first ??= failures;
    }
    return first ?? 0;
  }

  async clear({ limit, subject }: Attempted): Promise<void> {
    await this.database.withClient((client) => client.query(CLEAR_SQL, [limit.scope, keyOf(subject)]));
  }

  /** Removes what does not count any more. */
  async tidy(now: Date): Promise<void> {
    const before = new Date(now.getTime() - TIDY_AFTER_MS);
    await this.database.withClient((client) => client.query(TIDY_SQL, [before]));
  }
}

/** Doubles with each failure beyond the free ones. */
export function blockMs({ free, firstBlockMs, longestBlockMs }: AttemptLimit, failures: number): number {
  if (failures < free) return 0;
  return Math.min(longestBlockMs, firstBlockMs * 2 ** Math.min(failures - free, 30));
}

/** Addresses of people and of their machines are not kept. */
function keyOf(subject: string): Buffer {
  return createHash('sha256').update(subject).digest();
}
