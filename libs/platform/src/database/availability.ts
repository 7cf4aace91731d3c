import { errorCode, isError } from '../is-error.js';

/**
 * SQLSTATE classes of a server that is not there or goes away: connection exceptions (08), operator intervention (57P). And of a
 * table that does not exist (42P01): a read view is made when its projection is first built, which waits for the log.
 */
const SQLSTATES = /^(?:08|57P|53300|42P01)/;
const SYSTEM_CODES = /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/;
/** pg's own messages, which carry no code: `pg/lib/client.js`, `pg-pool/index.js`. */
const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|connection timeout|Client has encountered/i;

/**
 * Whether a query failed because the database could not be reached or had no connection to give, so that asking again may
 * help. Sees through TypeORM, which wraps the driver's error.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isError(error)) return false;
  if ('driverError' in error) return isDatabaseUnavailable(error.driverError);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  const code = errorCode(error);
  return SQLSTATES.test(code) || SYSTEM_CODES.test(code) || MESSAGES.test(error.message);
}
