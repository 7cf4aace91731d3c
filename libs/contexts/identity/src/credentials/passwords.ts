import type { Database, SqlStatement } from '@samspill/eventlog';
import { z } from 'zod';
import { PasswordHashes } from './password-hashes.js';

const FIND_SQL = 'SELECT hash FROM identity.password WHERE user_id = $1';
const SET_SQL = `
  INSERT INTO identity.password (user_id, hash, set_at) VALUES ($1, $2, $3)
  ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at`;
/** Only where it is still the one that was verified: a change meanwhile must not be undone. */
const REHASH_SQL = 'UPDATE identity.password SET hash = $2 WHERE user_id = $1 AND hash = $3';

const row = z.object({ hash: z.string() });

/** Passwords of users: only their hashes, and never on the log. */
export class Passwords {
  constructor(
    private readonly database: Database,
    private readonly hashes: PasswordHashes = new PasswordHashes(),
  ) {}

  /** The statement that sets a password; it commits or fails with the event that says so. */
  async setting(user: string, password: string, now: Date): Promise<SqlStatement> {
    return { text: SET_SQL, values: [user, await this.hashes.hash(password), now] };
  }

  /** Takes the same time for a user that is not there. One that was hashed with other parameters is hashed anew. */
  async isRight(user: string | undefined, password: string): Promise<boolean> {
    const stored = user === undefined ? undefined : await this.#hashOf(user);
    if (!(await this.hashes.verify(stored, password))) return false;
    if (user !== undefined && stored !== undefined && this.hashes.isOutdated(stored)) {
      const renewed = await this.hashes.hash(password);
      await this.database.withClient((client) => client.query(REHASH_SQL, [user, renewed, stored]));
    }
    return true;
  }

  async #hashOf(user: string): Promise<string | undefined> {
    const { rows } = await this.database.withClient((client) => client.query(FIND_SQL, [user]));
    return z.array(row).parse(rows)[0]?.hash;
  }
}
