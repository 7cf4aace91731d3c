import type { ResyncEvent } from '@samspill/contracts';
import type { CommandContext, EventLog } from '@samspill/eventlog';
import type { Recorded } from '@samspill/kernel';
import { resyncStream } from './resync.decider.js';
import { resyncProjection, type ResyncRow } from './resync.projection.js';

/** A resync as it stands now, folded from its stream by the projection's own rules; undefined where there is none. */
export async function readResync(
  eventLog: Pick<EventLog, 'transact'>,
  id: string,
  context: CommandContext,
): Promise<ResyncRow | undefined> {
  const events = await eventLog.transact(context, (unit) => unit.load(resyncStream(id)));
  let row: ResyncRow | undefined;
  // The catalogue has checked each event against the schema of its type; the stream holds no others.
  for (const event of events) row = resyncProjection.project(row, event as Recorded<ResyncEvent>);
  return row;
}
