import { PlatformError } from '@samspill/kernel';

import { nearestName } from '../configuration/nearest-name.js';

/**
 * What a service's process is started for. `serve`: its work, until a signal stops it. The others do one thing and end, for whoever
 * deploys: `topics` makes the topics that the service writes, `migrate` brings its database to the version of this build, `await`
 * ends when topics and database are as this build needs them, `api` writes the OpenAPI document of the service, for which it needs no setting.
 */
const TASKS = ['serve', 'topics', 'migrate', 'await', 'api'] as const;

export type ServiceTask = (typeof TASKS)[number];

/** @throws PlatformError `platform.unknown-task` */
export function serviceTask(args: readonly string[]): ServiceTask {
  const [given = 'serve', ...rest] = args;
  const task = TASKS.find((name) => name === given);
  if (task !== undefined && rest.length === 0) return task;
  const line = args.join(' ');
  const nearest = nearestName(given, TASKS);
  const meant = nearest === undefined || nearest === given ? '' : ` Did you mean ${nearest}?`;
  throw new PlatformError(
    'platform.unknown-task',
    `«${line}» is not a task; there are ${TASKS.join(', ')}, one at a time.${meant}`,
    false,
  );
}
