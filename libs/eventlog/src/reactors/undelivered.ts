import type { EventCatalogue } from '@samspill/contracts';
import type { Reactor } from '@samspill/kernel';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log } from '../log.js';
import { writePlace } from '../parked/record-place.js';
import { tryAgain, type LedgerEntry } from './delivery.js';
import type { DeliveryLedger } from './delivery-ledger.js';
import { foldReactions, thingsOf } from './fold-reactions.js';
import { reactTo, SET_ASIDE } from './reactions.js';
import type { ReactorJournal } from './reactor-journal.js';
import { readRecords } from './read-payloads.js';
import type { RecentRecords } from './recent-records.js';

export interface UndeliveredDependencies {
  readonly ledger: DeliveryLedger;
  readonly journal: ReactorJournal;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly recent: RecentRecords;
}

/**
 * Has what could not be delivered tried again, with the code of today.
 * @param entries refused ones; those that are not refused any more are passed over
 * @returns how many are tried
 */
export async function retryEntries(
  reactor: Reactor,
  entries: readonly LedgerEntry[],
  dependencies: UndeliveredDependencies,
): Promise<number> {
  const refused = entries.filter(({ state }) => state === 'refused');
  const things = refused.filter(({ thing }) => !thing.startsWith(SET_ASIDE)).map(({ thing }) => thing);
  let tried = 0;
  if (things.length > 0)
    await dependencies.ledger.change(reactor.name, things, (known, now) => {
      const put = things.flatMap((thing) => tryAgain(known.get(thing), now) ?? []);
      tried = put.length;
      return { put };
    });
  const aside = refused.filter(({ thing }) => thing.startsWith(SET_ASIDE));
  return tried + (await retrySetAside(reactor, aside, dependencies));
}

/** Reacts again to events that no deliveries could be made of. */
async function retrySetAside(
  reactor: Reactor,
  entries: readonly LedgerEntry[],
  { ledger, journal, log, catalogue, keys, recent }: UndeliveredDependencies,
): Promise<number> {
  if (entries.length === 0) return 0;
  const records = await readRecords(entries, { log, recent });
  let tried = 0;
  for (const entry of entries) {
    const { topic, partition } = entry.place;
    const record = records.get(writePlace(entry.place));
    const event = record && new Incoming(record, topic, partition, catalogue);
    if (event?.stream !== entry.stream || event.version !== entry.version) continue;
    await keys?.unlock([event]);
    const reactions = [{ event, reaction: reactTo(reactor, event) }];
    const things = thingsOf(reactions);
    const told = await journal.outcomes(reactor.name, things);
    await ledger.add(
      reactor.name,
      [...new Set([...things, entry.thing])],
      (known, now) => {
        const { put } = foldReactions(reactions, known, told, () => ({ now }));
        const isStillAside = things.includes(entry.thing);
        return { put, drop: isStillAside ? [] : [entry.thing] };
      },
      { topic, partition },
    );
    tried += 1;
  }
  return tried;
}
