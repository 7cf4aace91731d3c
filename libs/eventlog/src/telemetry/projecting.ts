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

/** Tells of a projection before anything has happened to it: an alert on what goes up must know that it was 0. */
export function tellOfProjection(projection: string): void {
  const { projected, holes } = instruments();
  for (const counter of [projected, holes]) counter.add(0, { 'samspill.projection': projection });
}

/** Records that do not follow on what has been read, or versions of streams that are missing. */
export function noteHoles(projection: string, count: number): void {
  instruments().holes.add(count, { 'samspill.projection': projection });
}
