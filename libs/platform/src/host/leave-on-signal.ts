import type { Logger } from '@samspill/eventlog';

/** Exit codes of a process that a signal ended, by the shell's convention. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface LeaveOptions {
  /** Finishes what is under way and closes everything. */
  readonly leave: () => Promise<void>;
  /** Longest time that `leave` gets. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The first SIGTERM or SIGINT lets the process finish, within bounds, and exit with 0; the second ends it at once. */
export function leaveOnSignal({ leave, timeoutMs, logger }: LeaveOptions): void {
  let isLeaving = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isLeaving) {
        logger.warn('asked again to stop: ending at once', { signal });
        process.exit(SIGNAL_EXIT_CODES[signal]);
      }
      isLeaving = true;
      logger.info('stopping', { signal, timeoutMs });
      setTimeout(() => {
        logger.error('could not stop in time; what was not finished is left to the next start', {
          timeoutMs,
        });
        process.exit(1);
      }, timeoutMs).unref();
      leave().then(
        () => {
          logger.info('stopped');
          process.exit(0);
        },
        (error: unknown) => {
          logger.error('could not stop in order', { error });
          process.exit(1);
        },
      );
    });
  }
}

/** An error that nobody caught leaves the process in a state that nobody knows: one line in the log, and the end. */
export function endOnUncaughtError(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.error('the process ends: an error that nobody caught', { error });
    process.exit(1);
  });
}
