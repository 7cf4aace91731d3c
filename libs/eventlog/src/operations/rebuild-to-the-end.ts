import { isRejection, PlatformError } from '@samspill/kernel';
import { pause } from '../retry.js';
import { UNFINISHED, type OperationPart, type RebuildRequest } from './operation.js';
import type { Operations } from './operations.js';

/** How often somebody who waits for a rebuild looks at it. */
const POLL_MS = 20;
const NEVER = new AbortController().signal;

/**
 * Rebuilds one projection and returns when that is done. An aborted signal cancels the operation.
 * @throws PlatformError `eventlog.rebuild-refused`, `eventlog.rebuild-not-done`
 */
export async function rebuildToTheEnd(
  operations: Operations,
  request: RebuildRequest,
  signal: AbortSignal = NEVER,
): Promise<OperationPart> {
  const started = await operations.rebuild(request);
  if (isRejection(started)) throw new PlatformError('eventlog.rebuild-refused', started.detail, false);
  for (;;) {
    const now = await operations.find(started.id);
    if (isRejection(now)) throw new PlatformError('eventlog.rebuild-not-done', now.detail, false);
    const [part] = now.parts;
    if (now.state === 'done' && part) return part;
    if (!UNFINISHED.includes(now.state) || now.state === 'ready') {
      const outcome = now.failure ?? `The rebuild is ${now.state}.`;
      throw new PlatformError('eventlog.rebuild-not-done', outcome, false);
    }
    if (signal.aborted && now.wish !== 'cancel') await operations.wish(now.id, 'rebuild', 'cancel');
    await pause(POLL_MS, NEVER);
  }
}
