import type { CommandContext } from '@samspill/eventlog';
import { isRejection } from '@samspill/kernel';
import { resyncDecider, resyncStream } from './resync.decider.js';
import { tidyResync, type ResyncDependencies } from './resync-run.js';
import { readResync } from './resync-stream.js';
import { alongside } from './resync-work.js';

/** Cancels a resync that cannot go on, and lets go of its rows. Nothing happens to one that has ended. */
export async function abandonResync(
  id: string,
  reason: string,
  { eventLog, database, logger }: Pick<ResyncDependencies, 'eventLog' | 'database' | 'logger'>,
): Promise<void> {
  const context: CommandContext = { actor: 'service:contacts-sync', correlationId: id, now: new Date() };
  const company = (await readResync(eventLog, id, context))?.company;
  if (company === undefined) return;
  const outcome = await eventLog.transact(context, async (unit) => {
    const decided = await unit.decide(
      resyncDecider,
      { stream: resyncStream(id), key: company },
      { kind: 'abandon', reason },
    );
    if (!isRejection(decided)) alongside.ended(unit, id);
    return decided;
  });
  if (isRejection(outcome)) return;
  logger.warn('a resync was cancelled', { resync: id, company, reason });
  await tidyResync(database, id);
}
