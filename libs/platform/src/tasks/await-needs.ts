import { setTimeout as delay } from 'node:timers/promises';

import { KEYS_TOPIC, PARTITIONS } from '@samspill/contracts';
import { topicsOf, type Log, type Logger } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { openDatabase } from '../database/open-database.js';
import { pendingMigrations } from '../database/pending-migrations.js';

const LOOK_AGAIN_MS = 1_000;
/** What has not changed is said again so often, for whoever has just begun to read the log. */
const SAY_AGAIN_MS = 15_000;
/** Failures that somebody else is about to mend. Any other that does not pass by itself is for a person. */
const MENDED_ELSEWHERE: readonly string[] = ['eventlog.topic-missing', 'eventlog.topic-drifted'];

export interface AwaitNeedsOptions {
  readonly database: DatabaseConfiguration;
  readonly log: Log;
  readonly logger: Logger;
  /** Whether the service seals personal data, so that the topic of keys has to be there. */
  readonly withKeys: boolean;
  /** Those of the contracts unless a test says otherwise. */
  readonly partitions?: number;
}

/**
 * Resolves when the service's database has been migrated and its topics are as the code declares them; until then the log says
 * what is waited for. Changes nothing.
 * @throws what waiting does not mend, such as a wrong password
 */
export async function awaitNeeds(definition: ContextDefinition, options: AwaitNeedsOptions): Promise<void> {
  const { logger } = options;
  let [said, saidAtMs] = ['', 0];
  for (;;) {
    const lacking = await lackingNeeds(definition, options);
    if (lacking.length === 0) break;
    const line = lacking.join(' ');
    if (line !== said || Date.now() - saidAtMs >= SAY_AGAIN_MS) {
      logger.info(`waiting: ${line}`, { lacking });
      [said, saidAtMs] = [line, Date.now()];
    }
    await delay(LOOK_AGAIN_MS);
  }
  logger.info('topics and database are as this version needs them');
}

async function lackingNeeds(
  definition: ContextDefinition,
  options: AwaitNeedsOptions,
): Promise<readonly string[]> {
  const { log, withKeys, partitions = PARTITIONS } = options;
  const sentences = await Promise.all([
    sentenceOf(() => migrationsLacking(definition, options)),
    sentenceOf(async () => {
      await log.check(topicsOf(definition.manifest), partitions);
      return undefined;
    }),
    sentenceOf(async () => {
      await log.check(withKeys ? [KEYS_TOPIC] : [], partitions, 'compacted');
      return undefined;
    }),
  ]);
  return sentences.filter((sentence) => sentence !== undefined);
}

async function sentenceOf(look: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof PlatformError && (error.retryable || MENDED_ELSEWHERE.includes(error.code)))
      return error.message;
    throw error;
  }
}

async function migrationsLacking(
  definition: ContextDefinition,
  { database: configuration, logger }: AwaitNeedsOptions,
): Promise<string | undefined> {
  await using opened = new AsyncDisposableStack();
  const { database, dataSource } = opened.adopt(
    await openDatabase(definition, { database: { ...configuration, waitMs: 0 }, logger }),
    (unused) => unused.close(),
  );
  const pending = await pendingMigrations(database, dataSource);
  return pending.length === 0 ? undefined : `Migrations have not run yet: ${pending.join(', ')}.`;
}
