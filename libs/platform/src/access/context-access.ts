import type { EventLog, LogManifest } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import type { ContextDependencies } from '../context/context-definition.js';
import type { GuardedContext } from './access.guard.js';
import { Grants } from './grants.js';

/**
 * What the guard asks of the contexts of a process.
 * @throws PlatformError `access.no-grants` for one whose manifest does not have `grantsProjection`
 */
export function guardedContexts(
  contexts: readonly (Pick<ContextDependencies, 'database'> & {
    readonly eventLog: Pick<EventLog, 'manifest' | 'audit' | 'overview'>;
  })[],
): ReadonlyMap<string, GuardedContext> {
  return new Map(
    contexts.map(({ eventLog, database }) => {
      const name = grantsOf(eventLog.manifest);
      const grants = new Grants({ database, progress: () => eventLog.overview.progress(name) });
      return [eventLog.manifest.name, { grants, audit: eventLog.audit }];
    }),
  );
}

function grantsOf({ name, projections }: LogManifest): string {
  const wanted = `${name}.grants`;
  if (projections.some((projection) => projection.name === wanted)) return wanted;
  throw new PlatformError(
    'access.no-grants',
    `${name} cannot know who may do what: put grantsProjection('${name}') and the events of accessEvents into its manifest.`,
    false,
  );
}
