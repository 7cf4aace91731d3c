import { setTimeout as delay } from 'node:timers/promises';

import type { Database, Logger } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

/** The oldest that tests run on. */
const OLDEST_POSTGRES = 16;
const RETRY_MS = 500;

export interface DatabaseWait {
  readonly waitMs: number;
  readonly logger: Logger;
}

/**
 * Resolves once the database answers and is of a version that is supported.
 * @throws PlatformError `platform.database-unreachable` after `waitMs`; `platform.postgres-too-old`; whatever the server
 *   refuses for good, such as a wrong password
 */
export async function waitForDatabase(database: Database, { waitMs, logger }: DatabaseWait): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      checkVersion(await serverVersion(database));
      return;
    } catch (error) {
      if (!(error instanceof PlatformError && error.retryable)) throw error;
      if (Date.now() >= deadline) throw unreachable(database, waitMs, error);
      logger.info('waiting for the database', { reason: error.message });
      await delay(Math.min(RETRY_MS, Math.max(0, deadline - Date.now())));
    }
  }
}

/** `server_version_num` is the major version times 10,000 and the minor one. */
async function serverVersion(database: Database): Promise<number> {
  return await database.withClient(async (client) => {
    const { rows } = await client.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );
    return Math.floor((rows[0]?.version ?? 0) / 10_000);
  });
}

function checkVersion(major: number): void {
  if (major >= OLDEST_POSTGRES) return;
  throw new PlatformError(
    'platform.postgres-too-old',
    `The database is Postgres ${major}; it has to be ${OLDEST_POSTGRES} or newer.`,
    false,
  );
}

function unreachable(database: Database, waitMs: number, cause: PlatformError): PlatformError {
  const { host, pathname } = new URL(database.options.url);
  return new PlatformError(
    'platform.database-unreachable',
    `The database ${pathname.slice(1)} at ${host} could not be reached within ${waitMs} ms: ${cause.message}`,
    true,
    { cause },
  );
}
