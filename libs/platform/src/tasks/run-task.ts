import type { Logger } from '@samspill/eventlog';

import type { ServiceConfiguration } from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { openLog } from '../host/open-log.js';
import { awaitNeeds } from './await-needs.js';
import { makeTopics } from './make-topics.js';
import { migrateDatabase } from './migrate-database.js';
import type { ServiceTask } from './service-task.js';

/** By the shell's convention. The first process of a container gets no signal that it does not listen to. */
const SIGTERM_EXIT_CODE = 143;

/** Does one thing and ends the process with 0. Whatever a signal breaks off is begun anew by the next try. */
export async function runTask(
  task: Exclude<ServiceTask, 'serve' | 'api'>,
  { context }: { readonly context: ContextDefinition },
  { database, log: configuration, masterKeys }: ServiceConfiguration,
  logger: Logger,
): Promise<never> {
  process.once('SIGTERM', () => process.exit(SIGTERM_EXIT_CODE));
  if (task === 'migrate') {
    await migrateDatabase(context, { database, logger });
    process.exit(0);
  }
  const { manifest } = context;
  const log = await openLog(configuration, { clientId: manifest.source, manifests: [manifest], logger });
  const withKeys = masterKeys !== undefined;
  if (task === 'topics') await makeTopics({ manifest, log, logger, withKeys });
  else await awaitNeeds(context, { database, log, logger, withKeys });
  await log.close();
  process.exit(0);
}
