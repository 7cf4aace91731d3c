import type { CommandContext, Database, Logger } from '@samspill/eventlog';
import { z } from 'zod';

/** Nobody: what is looked up and noted for an address that is no user's, so that it takes as long. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';

const shown = z.enum(['password', 'code', 'passkey']);
/** What somebody shows to prove who they are. */
export type ShownFactor = z.infer<typeof shown>;

export interface SignInAttempt {
  readonly at: Date;
  readonly shown: ShownFactor;
  readonly isRight: boolean;
}

const DAY_MS = 24 * 60 * 60_000;
/** As long as it helps to find out when something began. */
const KEPT_MS = 90 * DAY_MS;

const ADD_SQL = 'INSERT INTO identity.sign_in_attempt (user_id, at, shown, is_right) VALUES ($1, $2, $3, $4)';
const LIST_SQL = `
  SELECT at, shown, is_right AS "isRight" FROM identity.sign_in_attempt WHERE user_id = $1
  ORDER BY at DESC LIMIT $2`;
const TIDY_SQL = 'DELETE FROM identity.sign_in_attempt WHERE at < $1 OR user_id = $2';

const rows = z.array(z.object({ at: z.date(), shown, isRight: z.boolean() }));

/**
 * Each attempt to prove who one is, as a line of the service's log and, where it was tried for a user, in a list for them. No addresses, of
 * people or machines. What has to wait is only logged: else whoever is refused could fill the list.
 */
export class SignInAttempts {
  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  async tried(
    user: string,
    shownFactor: ShownFactor,
    isRight: boolean,
    { now }: CommandContext,
  ): Promise<void> {
    this.#log(user, shownFactor, isRight ? 'right' : 'wrong');
    await this.database.withClient((client) => client.query(ADD_SQL, [user, now, shownFactor, isRight]));
  }

  refused(user: string, shownFactor: ShownFactor): void {
    this.#log(user, shownFactor, 'has to wait');
  }

  /** Newest first: the last so many, or all that are kept. */
  async of(user: string, most?: number): Promise<readonly SignInAttempt[]> {
    const { rows: found } = await this.database.withClient((client) => client.query(LIST_SQL, [user, most]));
    return rows.parse(found);
  }

  /** Removes what is old, and what was nobody's. */
  async tidy(now: Date): Promise<void> {
    const before = new Date(now.getTime() - KEPT_MS);
    await this.database.withClient((client) => client.query(TIDY_SQL, [before, NOBODY]));
  }

  #log(user: string, shownFactor: ShownFactor, outcome: string): void {
    this.logger.info('somebody shows who they are', {
      shown: shownFactor,
      outcome,
      ...(user !== NOBODY && { user }),
    });
  }
}
