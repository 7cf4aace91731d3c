import { databaseUrl } from '@samspill/testing';
import { nameOf, runSql } from './service-database.js';

export interface LoginsApart extends AsyncDisposable {
  /** Settings of a service that enters its database by them. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A login each for migrations, the service and its readers, as docs/operations.md has an administrator make them. */
export async function loginsApart(url: string): Promise<LoginsApart> {
  const server = databaseUrl(url, 'postgres');
  const name = nameOf(url);
  const [migrations, reader, readers] = [`${name}_migrations`, `${name}_reader`, `samspill_reader_${name}`];
  await runSql(
    server,
    `CREATE ROLE "${name}" LOGIN PASSWORD 'secret'`,
    `CREATE ROLE "${migrations}" LOGIN PASSWORD 'secret' IN ROLE "${name}"`,
    `CREATE ROLE "${reader}" LOGIN PASSWORD 'secret'`,
    `CREATE ROLE "${readers}" NOLOGIN`,
    `GRANT "${readers}" TO "${name}", "${reader}" WITH INHERIT FALSE, SET TRUE`,
    `ALTER DATABASE "${name}" OWNER TO "${migrations}"`,
  );
  const enteredAs = (login: string): string => {
    const entered = new URL(url);
    [entered.username, entered.password] = [login, 'secret'];
    return entered.href;
  };
  return {
    settings: {
      SAMSPILL_DATABASE_URL: enteredAs(name),
      SAMSPILL_MIGRATIONS_DATABASE_URL: enteredAs(migrations),
      SAMSPILL_READER_DATABASE_URL: enteredAs(reader),
    },
    [Symbol.asyncDispose]: async () => {
      for (const role of [migrations, reader, readers, name]) await runSql(server, `DROP ROLE "${role}"`);
    },
  };
}
