import { reject, type Recorded, type Rejection } from '@samspill/kernel';
import type { Reverting, RunCause } from '@samspill/eventlog';
import { recordReverts } from './record/record.revert.js';
import { resyncStream } from './resync/resync.decider.js';

/** What of contacts can be put back as it was: the records. What came in, and what did not, is history. */
export const contactsReverting: Reverting = {
  rules: (['contact-person', 'customer', 'supplier'] as const).map(recordReverts),
  leaves: [
    'Imports and batches stay in their lists as what has happened.',
    'Rejections in the sync report stay as they are, those that a reverted import had resolved included.',
  ],
  holdsIntake: true,
  imports: { stream: resyncStream, cause: causeOf },
};

/** What an import did, its confirmation has caused. */
function causeOf(history: readonly Recorded[], id: string): RunCause | Rejection {
  const confirmed = history.findLast(({ type }) => type === 'contacts.resync.confirmed');
  if (history.length === 0) return reject('revert.import-not-found', `There is no import ${id}.`);
  if (!confirmed) return reject('revert.import-conflict', 'This import has changed nothing: it has not run.');
  const last = history.at(-1);
  if (last?.type === 'contacts.resync.confirmed')
    return reject('revert.import-conflict', 'The import is still running. Revert it when it has ended.');
  return { company: confirmed.meta.key, causationId: confirmed.meta.id };
}
