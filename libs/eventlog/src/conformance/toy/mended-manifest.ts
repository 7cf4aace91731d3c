import type { Projection, Recorded } from '@samspill/kernel';
import type { LogManifest } from '../../manifest.js';
import { POISON } from './account.projection.js';
import { IMPOSSIBLE_AMOUNT } from './balance.projection.js';

/** What {@link POISON} is called, and what {@link IMPOSSIBLE_AMOUNT} becomes, once the code has been mended. */
export const MENDED_NAME = 'mended';
export const MENDED_AMOUNT = 600;

/** The bank's service after a mistake in its projections was put right: what they could not apply, they can now. */
export function mended(manifest: LogManifest): LogManifest {
  return { ...manifest, projections: manifest.projections.map(mendedProjection) };
}

function mendedProjection(projection: Projection): Projection {
  return { ...projection, project: (row, event) => projection.project(row, mendedEvent(event)) };
}

function mendedEvent(event: Recorded): Recorded {
  const { data } = event;
  if (typeof data !== 'object' || data === null) return event;
  if ('name' in data && data.name === POISON) return { ...event, data: { ...data, name: MENDED_NAME } };
  if ('amount' in data && data.amount === IMPOSSIBLE_AMOUNT)
    return { ...event, data: { ...data, amount: MENDED_AMOUNT } };
  return event;
}
