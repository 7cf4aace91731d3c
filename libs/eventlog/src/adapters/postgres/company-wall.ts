import { escapeIdentifier, type ClientBase } from 'pg';
import { PlatformError, type Projection } from '@samspill/kernel';
import { COMPANY_SETTING, READER_ROLE } from './company-reader.js';
import { sqlState, type Database } from './database.js';
import { ReadTable } from './read-table.js';

/** Any number of its own: whoever makes the reader's role holds it. */
const ROLE_LOCK = 7_263_001;
/** The wall comes up on tables that are read and written meanwhile, by an older build: whoever has to wait holds everyone else up. */
const LOCK_TIMEOUT_MS = 10_000;
const INSUFFICIENT_PRIVILEGE = '42501';

const FOR_OWNER = 'all_companies';
const FOR_READER = 'one_company';

/** Parameter: logins that have to be let become the reader; null stands for the one that asks, whatever role it has become meanwhile. */
const ROLE_SQL = `
  SELECT ${READER_ROLE} AS name, current_user AS owner, session_user AS login, current_database() AS database,
    r.oid IS NOT NULL AS exists,
    ARRAY(SELECT l FROM unnest(coalesce($1::text[], ARRAY[session_user::text])) AS l WHERE NOT coalesce(pg_has_role(l, r.oid, 'SET'), false)) AS "notLet",
    coalesce(has_schema_privilege(r.oid, 'read', 'USAGE'), false) AS "isIn"
  FROM (SELECT) AS one LEFT JOIN pg_roles r ON r.rolname = ${READER_ROLE}`;

interface ReaderRole {
  readonly name: string;
  readonly owner: string;
  readonly login: string;
  readonly database: string;
  readonly exists: boolean;
  readonly notLet: readonly string[];
  readonly isIn: boolean;
}

/**
 * What of a read table's wall is missing, one line each. Parameters: the table, the column of the company. The texts of the conditions
 * are as Postgres gives them back.
 */
const MISSING_SQL = `
  SELECT m.what
  FROM pg_class c
  CROSS JOIN LATERAL (VALUES
    ('row-level security is off', c.relrowsecurity),
    ('row-level security is not forced', c.relforcerowsecurity),
    ('the policy ${FOR_OWNER} is missing', EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = '${FOR_OWNER}' AND p.polroles = ARRAY[c.relowner]
        AND p.polcmd = '*' AND p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = 'true')),
    ('the policy ${FOR_READER} is missing', EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = '${FOR_READER}'
        AND p.polroles = ARRAY(SELECT oid FROM pg_roles WHERE rolname = ${READER_ROLE}) AND p.polcmd = 'r' AND p.polpermissive
        AND pg_get_expr(p.polqual, p.polrelid) = format('(%I = current_setting(%L::text, true))', $2::text, '${COMPANY_SETTING}'))),
    ('there are other policies', NOT EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname NOT IN ('${FOR_OWNER}', '${FOR_READER}'))),
    ('the reader may not select', EXISTS (
      SELECT FROM pg_roles r WHERE r.rolname = ${READER_ROLE} AND has_table_privilege(r.oid, c.oid, 'SELECT'))),
    ('the reader stands above row-level security', NOT EXISTS (
      SELECT FROM pg_roles r WHERE r.rolname = ${READER_ROLE} AND (r.rolsuper OR r.rolbypassrls)))
  ) AS m (what, is_there)
  WHERE c.oid = to_regclass($1) AND NOT m.is_there`;

/**
 * Makes the role by which the rows of one company are read, unless it is there, in the transaction of `client`, and lets logins become it.
 * @param logins that of `client` unless others are given
 * @throws PlatformError `eventlog.reader-role-missing` where an administrator has to make it; the text says how
 */
export async function ensureReaderRole(client: ClientBase, logins?: readonly string[]): Promise<void> {
  if (isReady(await roleOf(client, logins))) return;
  // Another process may be at it; Postgres refuses the second of two at once. Asked for only where something is missing.
  await client.query('SELECT pg_advisory_xact_lock($1)', [ROLE_LOCK]);
  const role = await roleOf(client, logins);
  await makeReaderRole(client, role);
  // Its schema is where views and tables are; what it may read there is said table by table.
  if (!role.isIn) await client.query(`GRANT USAGE ON SCHEMA read TO ${escapeIdentifier(role.name)}`);
}

function isReady({ notLet, isIn }: ReaderRole): boolean {
  return notLet.length === 0 && isIn;
}

async function makeReaderRole(client: ClientBase, role: ReaderRole): Promise<void> {
  const name = escapeIdentifier(role.name);
  const statements = [
    ...(role.exists ? [] : [`CREATE ROLE ${name} NOLOGIN`]),
    ...role.notLet.map((login) => `GRANT ${name} TO ${escapeIdentifier(login)} WITH INHERIT FALSE, SET TRUE`),
  ];
  try {
    for (const statement of statements) await client.query(statement);
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new PlatformError(
      'eventlog.reader-role-missing',
      `The login ${role.login} of the database ${role.database} may not make the role that reads the rows of one company. An administrator has to: ${statements.join('; ')};`,
      false,
      { cause: error },
    );
  }
}

async function roleOf(client: ClientBase, logins?: readonly string[]): Promise<ReaderRole> {
  const { rows } = await client.query<ReaderRole>(ROLE_SQL, [logins ?? null]);
  const [role] = rows;
  if (!role) throw new TypeError('the look at the reader’s role came out empty');
  return role;
}

/**
 * Puts up the wall of a generation in the transaction of `client`: its owner, who projects and migrates, sees every company's rows; the
 * reader those of the company that it has named, and nothing where it has named none. After the rows have come: COPY refuses such tables.
 */
export async function raiseWall(client: ClientBase, { table, projection }: ReadTable): Promise<void> {
  const { company } = projection.table;
  const { name, owner } = await roleOf(client);
  const reader = escapeIdentifier(name);
  await client.query(`GRANT SELECT ON ${table} TO ${reader}`);
  if (company === undefined) return;
  await client.query(`
    DROP POLICY IF EXISTS ${FOR_OWNER} ON ${table};
    DROP POLICY IF EXISTS ${FOR_READER} ON ${table};
    CREATE POLICY ${FOR_OWNER} ON ${table} TO ${escapeIdentifier(owner)} USING (true) WITH CHECK (true);
    CREATE POLICY ${FOR_READER} ON ${table} FOR SELECT TO ${reader}
      USING (${escapeIdentifier(company)} = current_setting('${COMPANY_SETTING}', true));
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
}

/**
 * What is missing of a generation's wall; nothing where it is whole, the table holds no company's rows, or somebody has dropped it: a
 * service whose tables are gone has to start, since it is what makes them again.
 */
export async function gapsInWall(
  client: ClientBase,
  { table, projection }: ReadTable,
): Promise<readonly string[]> {
  const { company } = projection.table;
  if (company === undefined) return [];
  const { rows } = await client.query<{ what: string }>(MISSING_SQL, [table, company]);
  return rows.map(({ what }) => what);
}

/** @throws PlatformError `eventlog.wall-has-gaps`: readers would be led to a table that does not keep companies apart */
export async function refuseGaps(client: ClientBase, table: ReadTable): Promise<void> {
  const gaps = await gapsInWall(client, table);
  if (gaps.length === 0) return;
  throw new PlatformError(
    'eventlog.wall-has-gaps',
    `Generation ${table.generation} of ${table.projection.name} cannot be made live, since it would not keep companies apart: ${gaps.join('; ')}. Start the service again, which puts it right, or rebuild.`,
    false,
  );
}

/** Lets the reader see a view, which acts by the rights of who asks, in the transaction of `client`. */
export async function showToReader(client: ClientBase, { view }: ReadTable): Promise<void> {
  const { name } = await roleOf(client);
  await client.query(`GRANT SELECT ON ${view} TO ${escapeIdentifier(name)}`);
}

/**
 * Makes the reader's role and puts up the walls of all present generations that lack something of theirs, such as those that a build
 * without walls has made. Those that are not loaded yet get theirs when they are.
 * @throws PlatformError as {@link ensureReaderRole}
 */
export async function raiseWalls(database: Database, projections: readonly Projection[]): Promise<void> {
  const logins = [await loginOf(database), await loginOf(database.readers)];
  await database.transaction((client) => ensureReaderRole(client, [...new Set(logins)]));
  for (const projection of projections) {
    for (const { number, isLive } of await loadedGenerations(database, projection)) {
      const table = new ReadTable(projection, number);
      await database.transaction(async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        if (!(await isOpenToReader(client, table.table)) || (await gapsInWall(client, table)).length > 0)
          await raiseWall(client, table);
        if (isLive && !(await isOpenToReader(client, table.view))) await showToReader(client, table);
      });
    }
  }
}

/** The role that a database is entered as, whatever its connection string leaves out. */
export async function loginOf(database: Database): Promise<string> {
  return await database.withClient(async (client) => {
    const { rows } = await client.query<{ login: string }>('SELECT session_user AS login');
    return rows[0]?.login ?? '';
  });
}

async function loadedGenerations(
  database: Database,
  { name, version }: Projection,
): Promise<readonly { readonly number: number; readonly isLive: boolean }[]> {
  return await database.withClient(async (client) => {
    const { rows } = await client.query<{ number: number; isLive: boolean }>(
      `SELECT number, state = 'live' AS "isLive" FROM eventlog.generation
       WHERE name = $1 AND version = $2 AND is_indexed ORDER BY number`,
      [name, version],
    );
    return rows;
  });
}

/** True as well where somebody has dropped it: then there is nothing to open. */
async function isOpenToReader(client: ClientBase, relation: string): Promise<boolean> {
  const { rows } = await client.query<{ is_open: boolean | null }>(
    `SELECT has_table_privilege(${READER_ROLE}, to_regclass($1), 'SELECT') AS is_open`,
    [relation],
  );
  return rows[0]?.is_open ?? true;
}
