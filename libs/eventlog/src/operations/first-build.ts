import { isRejection, PlatformError, type Actor, type Projection } from '@samspill/kernel';
import type { ProjectionStore } from '../projection-store.js';
import { pause } from '../retry.js';
import { UNFINISHED } from './operation.js';
import type { Operations } from './operations.js';
import { withoutLiveRows } from './without-live-rows.js';

/** How often a starting instance looks whether its projections have been built. */
const POLL_MS = 50;

export interface FirstBuild {
  readonly projections: readonly Projection[];
  readonly store: ProjectionStore;
  readonly operations: Operations;
  readonly by: Actor;
  /** Hears what is being waited for. */
  readonly onWaiting: (reason: string) => void;
}

/**
 * Returns when every projection has live rows. Those without are built from the log, by one operation; whichever instance begins it, all
 * wait for it. False when the signal was aborted before.
 * @throws PlatformError `eventlog.rebuild-not-done`
 */
export async function ensureLive(build: FirstBuild, signal: AbortSignal): Promise<boolean> {
  const { projections, store, onWaiting } = build;
  while (!signal.aborted) {
    const missing = (await withoutLiveRows(projections, store)).map(({ name }) => name);
    if (missing.length === 0) return true;
    const under = (await store.operations.open()).find(
      ({ task, parts }) =>
        task.kind === 'rebuild' && parts.some(({ projection }) => missing.includes(projection)),
    );
    onWaiting(
      `${missing.join(', ')}: being built from the log${under ? ` by operation ${under.id} (${under.state})` : ''}.`,
    );
    if (under) await pause(POLL_MS, signal);
    else await buildAll(build, missing, signal);
  }
  return false;
}

async function buildAll(
  { operations, by }: FirstBuild,
  missing: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const reason = `first rows of ${missing.join(', ')}`;
  const started = await operations.rebuild({ scope: { kind: 'service' }, reason, by }, missing);
  if (isRejection(started)) return; // another instance was first
  for (;;) {
    const now = await operations.find(started.id, 'rebuild');
    if (signal.aborted || isRejection(now) || now.state === 'done') return;
    if (!UNFINISHED.includes(now.state))
      throw new PlatformError('eventlog.rebuild-not-done', now.failure ?? `It was ${now.state}.`, true);
    await pause(POLL_MS, signal);
  }
}
