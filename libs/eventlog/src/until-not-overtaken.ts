import { PlatformError } from '@samspill/kernel';
import { pause } from './retry.js';

/** How often it is decided again when another writer was first. */
const MAX_ATTEMPTS = 20;
/** Longest pause before deciding again; of random length, so that two do not go on meeting. */
const MAX_PAUSE_MS = 20;

/**
 * Does `work` again, from the start, while another writer has been first.
 * @throws ConcurrencyError after {@link MAX_ATTEMPTS} lost races
 */
export async function untilNotOvertaken<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isOvertaken = error instanceof PlatformError && error.code === 'eventlog.concurrency';
      if (!isOvertaken || attempt >= MAX_ATTEMPTS) throw error;
      await pause(Math.random() * Math.min(attempt, MAX_PAUSE_MS), signal);
    }
  }
}
