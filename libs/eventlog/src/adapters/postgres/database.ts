import pg from 'pg';
import { PlatformError, reasonOf } from '@samspill/kernel';
import { inTurn } from '../../in-turn.js';
import type { Logger } from '../../logger.js';
import { TracedClient } from '../../telemetry/statements.js';
import { gatheringSocket } from './gathering-socket.js';

/** How long a statement of the log's own may run; a stuck one must not hold its locks for ever. Bulk loads set their own. */
const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** What a connection is connected to: the same only while server process, timeline and database are the same. */
const INCARNATION_SQL = `
  SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
    extract(epoch FROM pg_postmaster_start_time()), (SELECT oid FROM pg_database WHERE datname = current_database())) AS incarnation`;

export interface DatabaseOptions {
  readonly url: string;
  /** Connection string of the login that reads the rows of one company, where it is another one than that of all other work. */
  readonly readerUrl?: string;
  readonly applicationName: string;
  readonly maxConnections?: number;
  readonly ssl?: pg.PoolConfig['ssl'];
  readonly logger: Logger;
}

/**
 * A pool whose connections each know which incarnation of the database they reach. They pipeline: statements that do not wait for each
 * other's answers are sent one behind the other, and a round trip is what costs most in a small transaction.
 */
export class Database {
  readonly pool: pg.Pool;
  /** For reading the rows of one company. */
  readonly readers: Database;
  readonly #incarnations = new WeakMap<object, string>();
  readonly #beside: Database[] = [];
  readonly #lost = (error: Error): void =>
    this.options.logger.warn('database connection lost', { error: error.message });

  constructor(readonly options: DatabaseOptions) {
    this.pool = new pg.Pool({
      ...clientConfig(options),
      max: options.maxConnections ?? 10,
      pipeline: true,
      stream: gatheringSocket,
      Client: TracedClient,
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- typed as void, but the pool waits for it (pg-pool, newClient)
      onConnect: async (client) => {
        const result = await client.query<{ incarnation: string }>(INCARNATION_SQL);
        this.#incarnations.set(client, result.rows[0]?.incarnation ?? '');
      },
    });
    // An idle connection that breaks is replaced by the pool; whoever needs one next sees the failure if it persists.
    this.pool.on('error', this.#lost);
    this.readers = options.readerUrl === undefined ? this : this.#another(options.readerUrl, 'reader');
  }

  /** Runs `work` on a connection. Failures of connection become retryable `PlatformError`s. */
  async withClient<T>(work: (client: pg.PoolClient, incarnation: string) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw unreachable(error);
    }
    let failure: unknown;
    // The pool listens to idle clients only. One that breaks between two statements would end the process; its next statement fails.
    client.on('error', this.#lost);
    try {
      return await work(client, this.#incarnations.get(client) ?? '');
    } catch (error) {
      failure = error;
      throw isConnectionFailure(error) ? unreachable(error) : error;
    } finally {
      client.off('error', this.#lost);
      client.release(isConnectionFailure(failure));
    }
  }

  /** Runs `work` in a transaction; rolls back when it throws. */
  async transaction<T>(
    work: (client: pg.PoolClient, incarnation: string) => Promise<T>,
    begin = 'BEGIN',
  ): Promise<T> {
    return await this.withClient(async (client, incarnation) => {
      await client.query(begin);
      try {
        const result = await work(client, incarnation);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        if (!isConnectionFailure(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /**
   * As {@link transaction}, where the transaction begins with a look at what it is about: that look is sent together with `begin`, so it
   * must do no harm where there is no transaction.
   * @param endsAtOnce the work sends all of its statements before it returns its promise: the end is sent behind them
   */
  async transactionOn<T, Opened>(
    begin: string,
    look: (client: pg.PoolClient) => Promise<Opened>,
    work: (client: pg.PoolClient, opened: Opened) => Promise<T>,
    { endsAtOnce = false }: { readonly endsAtOnce?: boolean } = {},
  ): Promise<T> {
    return await this.withClient(async (client) => {
      try {
        const [, opened] = await inTurn(client.query(begin), look(client));
        const worked = work(client, opened);
        if (!endsAtOnce) await worked;
        const [result] = await inTurn(worked, client.query('COMMIT'));
        return result;
      } catch (error) {
        if (!isConnectionFailure(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /** Runs `work` in a transaction on a connection of its own, which does not pipeline: COPY cannot share one that does. */
  async bulk<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.dedicated();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      throw isConnectionFailure(error) ? unreachable(error) : error;
    } finally {
      await client.end().catch(() => undefined); // which rolls back what was not committed
    }
  }

  /** A connection of its own for session locks. The caller ends it. */
  async dedicated(): Promise<pg.Client> {
    const client = new TracedClient(clientConfig(this.options));
    // Whoever holds it may be told in other ways; unheard, the loss would end the process.
    client.on('error', this.#lost);
    try {
      await client.connect();
    } catch (error) {
      throw unreachable(error);
    }
    return client;
  }

  /**
   * Another pool to the same database, for work that must not wait for connections of this one nor take them all. It is closed with
   * this one; connections are made when they are needed.
   */
  beside(purpose: string, maxConnections: number): Database {
    return this.#another(this.options.url, purpose, maxConnections);
  }

  async close(): Promise<void> {
    await Promise.all(this.#beside.map((database) => database.close()));
    await this.pool.end();
  }

  #another(url: string, purpose: string, maxConnections = this.options.maxConnections): Database {
    const { readerUrl: _, applicationName, ...options } = this.options;
    const database = new Database({
      ...options,
      url,
      applicationName: `${applicationName} ${purpose}`,
      ...(maxConnections !== undefined && { maxConnections }),
    });
    this.#beside.push(database);
    return database;
  }
}

function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
  };
}

function unreachable(error: unknown): PlatformError {
  const reason = reasonOf(error);
  return new PlatformError(
    'eventlog.database-unreachable',
    `The database cannot be reached: ${reason}`,
    true,
    { cause: error },
  );
}

/** SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Class 08 and 57P0x, or no answer from the server at all. */
export function isConnectionFailure(error: unknown): boolean {
  if (error === undefined || !(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P');
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENOENT)/.test(code) ||
    /Connection terminated|Client (?:was closed|has encountered)|timeout (?:expired|exceeded)|not queryable/i.test(
      error.message,
    )
  );
}

/** Classes of errors that lie in the data itself: 22 (data exception), 23 (constraint), 54 (limit exceeded). */
export function isDataError(error: unknown): boolean {
  return /^(?:22|23|54)/.test(sqlState(error) ?? '');
}
