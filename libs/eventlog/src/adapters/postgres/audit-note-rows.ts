import type { OperationRecorded } from '@samspill/contracts';
import type { Actor } from '@samspill/kernel';
import type { AuditNote, AuditNotes } from '../../audit/audit-note.js';
import type { Database } from './database.js';

/** Inserts nothing where the note's id is null. Takes {@link noteParameters}; `from` makes it part of another statement's outcome. */
export function insertNoteSql(firstParameter: number, from = ''): string {
  const [id, actor, correlation, data] = [0, 1, 2, 3].map((index) => `$${firstParameter + index}`);
  return `INSERT INTO eventlog.audit_note (id, actor, correlation_id, data)
    SELECT ${id}::uuid, ${actor}::text, ${correlation}::text, ${data}::jsonb ${from} WHERE ${id}::uuid IS NOT NULL`;
}

/**
 * The row after an update; what is to be put on record about it is written where there is one to update.
 * @param firstParameter of {@link noteParameters}
 */
export function noting(update: string, columns: string, firstParameter: number): string {
  return `
    WITH updated AS (${update} RETURNING ${columns}),
      noted AS (${insertNoteSql(firstParameter, 'FROM updated')})
    SELECT ${columns} FROM updated`;
}

export function noteParameters(note: AuditNote | undefined): unknown[] {
  return note
    ? [note.data.id, note.by, note.correlationId, JSON.stringify(note.data)]
    : [null, null, null, null];
}

interface NoteRow {
  readonly actor: Actor;
  readonly correlation_id: string;
  readonly data: OperationRecorded;
}

/** Notes that are not on the log yet. */
export class PostgresAuditNotes implements AuditNotes {
  constructor(private readonly database: Database) {}

  async put(note: AuditNote): Promise<void> {
    await this.database.withClient((client) => client.query(insertNoteSql(1), noteParameters(note)));
  }

  async waiting(limit: number): Promise<readonly AuditNote[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<NoteRow>(
        'SELECT actor, correlation_id, data FROM eventlog.audit_note ORDER BY id LIMIT $1',
        [limit],
      );
      return rows.map(({ actor, correlation_id, data }) => ({
        by: actor,
        correlationId: correlation_id,
        data,
      }));
    });
  }

  async drop(id: string): Promise<void> {
    await this.database.withClient((client) =>
      client.query('DELETE FROM eventlog.audit_note WHERE id = $1', [id]),
    );
  }
}
