import type { Database, MasterKeys } from '@samspill/eventlog';
import { z } from 'zod';
import { connectionForm, VENDORS, type ConnectionAnswer, type ConnectionForm } from './connection-form.js';
import { openSecrets, resealed, sealSecrets, type SealedSecrets } from './sealed-secrets.js';

/** A connection with its secrets open, for who calls the CRM. */
export type OpenConnection = ConnectionForm & {
  /** Other whenever the company was connected anew; not when a token was refreshed. */
  readonly revision: string;
};

const COLUMNS =
  'company, kind, account, revision, master_key, wrapped_key, secrets, connected_at, connected_by';
const PUT_SQL = `
  INSERT INTO crm.connection (company, kind, account, revision, master_key, wrapped_key, secrets, connected_by)
  VALUES ($1, $2, $3, nextval('crm.connection_revision'), $4, $5, $6, $7)
  ON CONFLICT (company) DO UPDATE SET kind = excluded.kind, account = excluded.account, revision = excluded.revision,
    master_key = excluded.master_key, wrapped_key = excluded.wrapped_key, secrets = excluded.secrets,
    connected_at = clock_timestamp(), connected_by = excluded.connected_by
  RETURNING ${COLUMNS}`;
const ONE_SQL = `SELECT ${COLUMNS} FROM crm.connection WHERE company = $1`;
/** By the primary key. */
const REVISIONS_SQL = 'SELECT company, revision FROM crm.connection WHERE company = ANY ($1::text[])';
const REMOVE_SQL = 'DELETE FROM crm.connection WHERE company = $1';
/** Only of the connection that they were refreshed for. */
const KEEP_SQL = `
  UPDATE crm.connection SET master_key = $3, wrapped_key = $4, secrets = $5 WHERE company = $1 AND revision = $2`;
/** There are as many rows as companies with a CRM, and it is asked once when the service starts. */
const OTHERS_SQL = `SELECT ${COLUMNS} FROM crm.connection WHERE master_key <> $1`;
/** Not where it was written meanwhile: that was sealed with the right one. */
const RESEAL_SQL = `
  UPDATE crm.connection SET master_key = $2, wrapped_key = $3 WHERE company = $1 AND wrapped_key = $4`;

const row = z.object({
  company: z.string(),
  kind: z.enum(VENDORS),
  account: z.string(),
  revision: z.string(),
  master_key: z.string(),
  wrapped_key: z.instanceof(Buffer),
  secrets: z.instanceof(Buffer),
  connected_at: z.date(),
  connected_by: z.string(),
});
type Row = z.infer<typeof row>;

/** Connections of companies to their CRMs. Secrets are sealed with AES-256-GCM under the service's master keys, and opened only to call. */
export class ConnectionStore {
  constructor(
    private readonly database: Database,
    private readonly masterKeys: MasterKeys,
  ) {}

  async put(company: string, form: ConnectionForm, by: string): Promise<ConnectionAnswer> {
    const { kind, account, secrets } = form;
    const { key, sealed } = sealSecrets(secrets, nameOf(company, kind), this.masterKeys);
    const rows = await this.#rows(PUT_SQL, [company, kind, account, key.master, key.bytes, sealed, by]);
    const [put] = rows;
    if (!put) throw new Error('Postgres returned no row for one that it wrote');
    return this.#shown(put);
  }

  async shown(company: string): Promise<ConnectionAnswer | undefined> {
    const [found] = await this.#rows(ONE_SQL, [company]);
    return found && this.#shown(found);
  }

  /** Whether there was one. What is under way with it is finished by the vendor, if it was sent. */
  async remove(company: string): Promise<boolean> {
    return (await this.#run(REMOVE_SQL, [company])) > 0;
  }

  /** Of the companies that are connected. */
  async revisions(companies: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.database.withClient((client) =>
      client.query<{ company: string; revision: string }>({
        name: 'crm-revisions',
        text: REVISIONS_SQL,
        values: [companies],
      }),
    );
    return new Map(rows.map(({ company, revision }) => [company, revision]));
  }

  /** @returns undefined where the company is not connected, or its secrets do not open */
  async open(company: string): Promise<OpenConnection | undefined> {
    const [found] = await this.#rows(ONE_SQL, [company]);
    if (!found) return undefined;
    const { kind, account, revision } = found;
    const opened = openSecrets(sealedOf(found), nameOf(company, kind), this.masterKeys);
    if (opened.state !== 'open') return undefined;
    const form = connectionForm.safeParse({ kind, account, secrets: opened.secrets });
    return form.success ? { ...form.data, revision } : undefined;
  }

  /** Keeps secrets that a vendor has given in the place of others. Of no effect when the company was connected anew meanwhile. */
  async keep(company: string, { kind, revision }: OpenConnection, secrets: object): Promise<void> {
    const { key, sealed } = sealSecrets(secrets, nameOf(company, kind), this.masterKeys);
    await this.#run(KEEP_SQL, [company, revision, key.master, key.bytes, sealed]);
  }

  /** Seals what former master keys have sealed with the one that seals now. @returns how many are left: their keys do not open */
  async reseal(): Promise<number> {
    let left = 0;
    for (const other of await this.#rows(OTHERS_SQL, [this.masterKeys.current])) {
      const { company, kind } = other;
      const key = resealed(sealedOf(other).key, nameOf(company, kind), this.masterKeys);
      if (key) await this.#run(RESEAL_SQL, [company, key.master, key.bytes, other.wrapped_key]);
      else left += 1;
    }
    return left;
  }

  #shown(found: Row): ConnectionAnswer {
    const { company, kind, account, connected_at: at, connected_by: connectedBy } = found;
    const { state } = openSecrets(sealedOf(found), nameOf(company, kind), this.masterKeys);
    const secrets = state === 'open' ? 'kept' : 'unreadable';
    return { company, kind, account, connectedAt: at.toISOString(), connectedBy, secrets };
  }

  async #rows(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.database.withClient((client) => client.query({ text, values }));
    return row.array().parse(rows);
  }

  async #run(text: string, values: unknown[]): Promise<number> {
    const { rowCount } = await this.database.withClient((client) => client.query({ text, values }));
    return rowCount ?? 0;
  }
}

function sealedOf({ master_key: master, wrapped_key: bytes, secrets: sealed }: Row): SealedSecrets {
  return { key: { master, bytes }, sealed };
}

/** What they are sealed as: of this company and this vendor, and of no other. */
function nameOf(company: string, kind: string): string {
  return `crm.connection/${company}/${kind}`;
}
