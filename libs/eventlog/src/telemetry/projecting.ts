import { PlatformError } from '@samspill/kernel';
import { instruments } from './instruments.js';
import { inSpan } from './spans.js';

/** Applying a batch of events to the live rows of a projection. */
export async function inProjection(
  projection: string,
  events: number,
  work: () => Promise<void>,
): Promise<void> {
  const attributes = { 'samspill.projection': projection };
  const { projected } = instruments();
  try {
    await inSpan(`project ${projection}`, { attributes: { ...attributes, 'samspill.events': events } }, work);
    projected.add(events, attributes);
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'eventlog.gap') noteHoles(projection, 1);
    throw error;
  }
}

/** Records that do not follow on what has been read, or versions of streams that are missing. */
export function noteHoles(projection: string, count: number): void {
  if (count > 0) instruments().holes.add(count, { 'samspill.projection': projection });
}
