import type { QueryResultRow } from 'pg';
import { inTurn } from '../../in-turn.js';
import type { Database } from './database.js';

/** Names the company whose rows the reader's role sees; where it is not set the role sees none. */
export const COMPANY_SETTING = 'samspill.company';

/**
 * SQL of the name of the role that reads, as `name`. Roles belong to a whole server and databases have theirs, so it is named for the
 * database; names have 63 bytes at most, and a database's may have as many.
 */
export const READER_ROLE = `
  ('samspill_reader_' || CASE WHEN octet_length(current_database()) <= 47 THEN current_database() ELSE md5(current_database()) END)::name`;

/** Ends with the transaction, whatever happens: the connection goes to somebody else afterwards. Parameter: the company. */
export const BECOME_READER = `SELECT set_config('role', ${READER_ROLE}, true), set_config('${COMPANY_SETTING}', $1, true)`;

export interface ReadQuery {
  /** Where it is asked often: parsed and planned once a connection, and by nobody but a reader. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Reads the rows of one company, whatever a statement asks for: by a role for which row-level security leaves out all others. It
 * changes nothing. Beginning, becoming the reader, the statement and the end are sent one behind the other and cost one round trip.
 */
export class CompanyReader {
  constructor(
    private readonly database: Database,
    readonly company: string,
  ) {}

  async query<Row extends QueryResultRow>({ name, text, values }: ReadQuery): Promise<readonly Row[]> {
    return await this.database.readers.withClient(async (client) => {
      const [, , result] = await inTurn(
        client.query('BEGIN READ ONLY'),
        client.query({ name: 'become-reader', text: BECOME_READER, values: [this.company] }),
        client.query<Row>({ ...(name !== undefined && { name }), text, values: [...values] }),
        // Of a transaction that has failed it is the end as well.
        client.query('COMMIT'),
      );
      return result.rows;
    });
  }
}
