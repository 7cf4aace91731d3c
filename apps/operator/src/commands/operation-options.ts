import type { OperationAnswer } from '@samspill/platform/answers';
import type { OptionReader } from '../option-reader.js';

export const SCOPE_OPTIONS = [
  ['--projection <name>', 'one projection, e.g. contacts.directory'],
  ['--service <name>', 'every projection of a service, e.g. contacts'],
  ['--company <id>', "one company's rows, in every service that keeps rows by company (or in --service)"],
] as const;

/** Several services at once. */
export const SERVICES_OPTIONS = [
  ['--service <name>', 'all of a service, e.g. contacts; may be given several times', 'repeated'],
  ['--all-services', 'all of every service'],
] as const;

export const SCOPES_OPTIONS = [SCOPE_OPTIONS[0], ...SERVICES_OPTIONS, SCOPE_OPTIONS[2]] as const;

/** Below, nothing is gained by folding in memory at all. */
export const MIN_MEMORY_MIB = 16;

export const THROTTLE_OPTIONS = [
  ['--events-per-second <n>', 'read no faster than this'],
  ['--max-live-lag <n>', 'wait while the live rows are this many events behind the log'],
] as const;

export function throttleFrom(options: OptionReader): OperationAnswer['throttle'] {
  const eventsPerSecond = options.wholeNumber('eventsPerSecond', 1);
  const maxLiveLag = options.wholeNumber('maxLiveLag', 0);
  return {
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(maxLiveLag !== undefined && { maxLiveLag }),
  };
}
