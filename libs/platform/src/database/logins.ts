import { ensureReaderRole, loginOf, type Database } from '@samspill/eventlog';

/**
 * What makes of a migrated database one that the migrations' login owns and the service's works in, as statements in their order. What a service
 * of before, which migrated by itself, has made is taken over. Sequences of identity and serial columns go with their tables. Read tables
 * stay the service's, which makes them, and so do functions that read them by their owner's rights. Parameter: the service's login.
 */
const STATEMENTS_SQL = `
  WITH login AS (SELECT quote_ident($1) AS name, to_regrole(quote_ident($1))::oid AS oid, current_user::regrole::oid AS me),
  schema AS (
    SELECT n.oid, quote_ident(n.nspname) AS name, n.nspowner AS owner FROM pg_namespace n, login
    WHERE n.nspowner IN (login.me, login.oid) AND n.nspname <> 'read' AND n.nspname !~ '^pg_'),
  relation AS (
    SELECT c.oid, c.oid::regclass::text AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.relowner AS owner,
      EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')) AS is_part
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, login
    WHERE c.relowner IN (login.me, login.oid) AND c.relkind IN ('r', 'p', 'S') AND n.nspname <> 'read' AND n.nspname !~ '^pg_')
  SELECT s.text FROM (
    SELECT 1, format('ALTER SCHEMA %s OWNER TO CURRENT_USER', schema.name) FROM schema, login WHERE schema.owner <> login.me
    UNION ALL
    SELECT 2, format('ALTER %s %s OWNER TO CURRENT_USER', r.kind, r.name) FROM relation r, login WHERE r.owner <> login.me AND NOT r.is_part
    UNION ALL
    SELECT 3, format('GRANT USAGE ON SCHEMA %s TO %s', schema.name, login.name) FROM schema, login
    UNION ALL
    SELECT 4, format('GRANT %s ON %s %s TO %s', CASE
        WHEN r.kind = 'SEQUENCE' THEN 'SELECT, USAGE, UPDATE'
        WHEN r.oid = to_regclass('migration') THEN 'SELECT'
        -- History is added to, and never changed.
        WHEN r.oid = 'eventlog.event'::regclass THEN 'SELECT, INSERT'
        -- ANALYZE was the owner's alone before Postgres 17.
        WHEN current_setting('server_version_num')::int >= 170000 THEN 'SELECT, INSERT, UPDATE, DELETE, MAINTAIN'
        ELSE 'SELECT, INSERT, UPDATE, DELETE' END, r.kind, r.name, login.name)
    FROM relation r, login
    UNION ALL
    SELECT 5, format('GRANT USAGE, CREATE ON SCHEMA read TO %s', login.name) FROM login
    UNION ALL
    SELECT 6, format('ALTER FUNCTION %s OWNER TO %s', p.oid::regprocedure, login.name) FROM pg_proc p, login
    WHERE p.pronamespace = 'read'::regnamespace AND p.prosecdef AND p.proowner = login.me) AS s (step, text)
  ORDER BY s.step`;

/**
 * Leaves a migrated database to the login of the service: it works in all tables and owns those that are read, but can alter no other one
 * and no event.
 * @param migrations entered as the login that migrates, a member of the service's
 * @param service entered as the service's login, and its readers as theirs
 * @throws PlatformError `eventlog.reader-role-missing` where an administrator has to make a role first
 */
export async function shareWithService(migrations: Database, service: Database): Promise<void> {
  const [login, reader] = [await loginOf(service), await loginOf(service.readers)];
  await migrations.transaction(async (client) => {
    const { rows } = await client.query<{ text: string }>(STATEMENTS_SQL, [login]);
    for (const { text } of rows) await client.query(text);
    await ensureReaderRole(client, [...new Set([login, reader])]);
  });
}
