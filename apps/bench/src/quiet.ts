import type { Logger } from '@samspill/eventlog';

const nothing = (): void => undefined;

/** Benchmarks print a table; what goes wrong still shows. */
export const quiet: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (message, fields) => console.error(message, fields ?? ''),
};
