import { createHash } from 'node:crypto';
import type { Database } from '@samspill/eventlog';
import { z } from 'zod';

/** How many failures are free, and how the wait grows after them. */
export interface AttemptLimit {
  readonly scope: string;
  readonly free: number;
  readonly firstBlockMs: number;
  readonly longestBlockMs: number;
  /** Failures do not count any more when it is so long since {@link AttemptLimit.forgetsFrom}. */
  readonly forgetMs: number;
  /**
   * `last-failure`: somebody who goes on guessing is never forgotten. `first-failure`: so many in a time of fixed length, for what many people
   * share, among whom there is always somebody who mistypes.
   */
  readonly forgetsFrom: 'first-failure' | 'last-failure';
}

const MINUTE_MS = 60_000;
/** NIST SP 800-63B-4, 3.2.2 allows 100; people need three. */
export const BY_ACCOUNT: AttemptLimit = {
  scope: 'account',
  free: 5,
  firstBlockMs: 30_000,
  longestBlockMs: 15 * MINUTE_MS,
  forgetMs: 24 * 60 * MINUTE_MS,
  forgetsFrom: 'last-failure',
};
/** Codes of a second factor: apart from addresses, which anybody can type. */
export const BY_CODE: AttemptLimit = { ...BY_ACCOUNT, scope: 'code' };
/** Passwords in a browser in which the user has signed in before: apart from those of everybody else. */
export const BY_DEVICE: AttemptLimit = { ...BY_ACCOUNT, scope: 'device' };
/** A whole office may sit behind one address. */
export const BY_ADDRESS: AttemptLimit = {
  scope: 'address',
  free: 50,
  firstBlockMs: MINUTE_MS,
  longestBlockMs: 60 * MINUTE_MS,
  forgetMs: 60 * MINUTE_MS,
  forgetsFrom: 'first-failure',
};
/** Mails that somebody can have sent to one address: each is a nuisance, and the last link counts anyway. */
export const MAILS_BY_ACCOUNT: AttemptLimit = {
  scope: 'mail',
  free: 3,
  firstBlockMs: 10 * MINUTE_MS,
  longestBlockMs: 24 * 60 * MINUTE_MS,
  forgetMs: 24 * 60 * MINUTE_MS,
  forgetsFrom: 'last-failure',
};
/** From this many failures in a row the user is told by mail. */
export const TELL_AFTER_FAILURES = 10;

/**
 * Counts one more, and blocks where it is not free any more; no row where it is blocked already. One statement: of many that come at once
 * none gets past the limit, and those that are refused are not counted, so that nobody is kept out longer by who is refused. `last_at` is
 * what is forgotten from: the last failure, or the first ($6).
 */
const COUNT_SQL = `
  INSERT INTO identity.attempt AS a (scope, subject, failures, last_at, blocked_until)
  VALUES ($1, $2, 1, $3, $3::timestamptz + make_interval(secs => ($5::float8[])[1] / 1000))
  ON CONFLICT (scope, subject) DO UPDATE SET
    failures = CASE WHEN a.last_at < $4 THEN 1 ELSE a.failures + 1 END,
    last_at = CASE WHEN $6 AND a.last_at >= $4 THEN a.last_at ELSE excluded.last_at END,
    blocked_until = $3::timestamptz + make_interval(
      secs => ($5::float8[])[CASE WHEN a.last_at < $4 THEN 1 ELSE least(a.failures + 1, cardinality($5::float8[])) END] / 1000)
    WHERE coalesce(a.blocked_until, $3) <= $3
  RETURNING failures`;
const BLOCKED_SQL = 'SELECT blocked_until AS until FROM identity.attempt WHERE scope = $1 AND subject = $2';
const TAKE_BACK_SQL = `
  UPDATE identity.attempt SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE scope = $1 AND subject = $2`;
const CLEAR_SQL = 'DELETE FROM identity.attempt WHERE scope = $1 AND subject = $2';
const TIDY_SQL = 'DELETE FROM identity.attempt WHERE last_at < $1';
const TIDY_AFTER_MS = 48 * 60 * MINUTE_MS;

const untilRow = z.object({ until: z.date() });
const countRow = z.object({ failures: z.number() });

export interface Attempted {
  readonly limit: AttemptLimit;
  /** Whom or what the limit is for; only its hash is kept. */
  readonly subject: string;
}

/** Whether something may be tried. `failures`: how many there are of the first, this one among them until it is taken back. */
export type Begun =
  | { readonly kind: 'counted'; readonly failures: number }
  | { readonly kind: 'blocked'; readonly until: Date };

/** Attempts that failed, in the database: they count whichever process they came to. */
export class Attempts {
  constructor(private readonly database: Database) {}

  /** Counts an attempt before it is made: as a failure of each, or of none where one of them has to wait. */
  async begin(attempted: readonly Attempted[], now: Date): Promise<Begun> {
    try {
      return await this.database.transaction(async (client) => {
        let first: number | undefined;
        for (const { limit, subject } of attempted) {
          const values = [limit.scope, keyOf(subject)];
          const since = new Date(now.getTime() - limit.forgetMs);
          const counted = await client.query(COUNT_SQL, [
            ...values,
            now,
            since,
            waitsOf(limit),
            limit.forgetsFrom === 'first-failure',
          ]);
          const failures = z.array(countRow).parse(counted.rows)[0]?.failures;
          if (failures === undefined) {
            const { rows } = await client.query(BLOCKED_SQL, values);
            throw new BlockedError(z.array(untilRow).parse(rows)[0]?.until ?? now);
          }
          first ??= failures;
        }
        return { kind: 'counted', failures: first ?? 0 };
      });
    } catch (error) {
      if (error instanceof BlockedError) return { kind: 'blocked', until: error.until };
      throw error;
    }
  }

  /** It was no failure. Nothing is held against the first any more; others have had one less. */
  async takeBack([first, ...others]: readonly Attempted[]): Promise<void> {
    if (first) await this.clear(first);
    for (const { limit, subject } of others)
      await this.database.withClient((client) => client.query(TAKE_BACK_SQL, [limit.scope, keyOf(subject)]));
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

/** Rolls back what was counted of the others. */
class BlockedError extends Error {
  constructor(readonly until: Date) {
    super('has to wait');
  }
}

/** How long to wait (ms) after the first failure, the second, and so on; after more as after the last. Null: not at all. */
function waitsOf(limit: AttemptLimit): readonly (number | null)[] {
  const waits: (number | null)[] = [];
  do waits.push(blockMs(limit, waits.length + 1) || null);
  while (waits.at(-1) !== limit.longestBlockMs);
  return waits;
}

/** Addresses of people and of their machines are not kept. */
function keyOf(subject: string): Buffer {
  return createHash('sha256').update(subject).digest();
}
