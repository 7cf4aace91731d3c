import { foldText, userLanguage, type UserLanguage } from '@samspill/contracts';
import type { Database } from '@samspill/eventlog';
import { z } from 'zod';
import { emailKey } from './email-key.js';
import type { User } from './user.js';

/** Users of a page that begins with what was typed, by the indexes `sorted` and `email`. */
const PAGE_SQL = `
  SELECT user_id, first_name, last_name, email, language, stage, is_locked, locked_until, registered_at
  FROM read.users_v1
  WHERE ($1 = '' OR starts_with(sort_name, $1) OR starts_with(email_key, $2)) AND (sort_name, user_id) > ($3, $4)
  ORDER BY sort_name, user_id LIMIT $5`;
const ADDRESSEE_SQL = 'SELECT first_name, email, language FROM read.users_v1 WHERE user_id = $1';

const row = z.object({
  user_id: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
  language: userLanguage,
  stage: z.enum(['invited', 'activated', 'ready']),
  is_locked: z.boolean(),
  locked_until: z.date().nullable(),
  registered_at: z.date(),
});

/** Whom a mail is written to. */
export interface Addressee {
  readonly firstName: string;
  readonly email: string;
  readonly language: UserLanguage;
}

/** Users from the projection: what was just registered may be missing for a moment. */
export class UserList {
  constructor(private readonly database: Database) {}

  /** Users whose last name or e-mail address begins with a text, in the order of their names; all where it is blank. */
  async page(text: string, limit: number, after: User | undefined, now: Date): Promise<readonly User[]> {
    const typed = text.trim();
    const values = [
      foldText(typed),
      emailKey(typed),
      after ? foldText(`${after.lastName} ${after.firstName}`) : '',
      after?.id ?? '',
      limit,
    ];
    const { rows } = await this.database.withClient((client) => client.query(PAGE_SQL, values));
    return z
      .array(row)
      .parse(rows)
      .map((found) => ({
        id: found.user_id,
        firstName: found.first_name,
        lastName: found.last_name,
        email: found.email,
        language: found.language,
        stage: found.stage,
        isLocked: found.is_locked && (found.locked_until === null || found.locked_until > now),
        registeredAt: found.registered_at.toISOString(),
      }));
  }

  /** Undefined where there is no such user (any more). */
  async addressee(user: string): Promise<Addressee | undefined> {
    const { rows } = await this.database.withClient((client) => client.query(ADDRESSEE_SQL, [user]));
    const [found] = z.array(row.pick({ first_name: true, email: true, language: true })).parse(rows);
    return found && { firstName: found.first_name, email: found.email, language: found.language };
  }
}
