import type { Reactor } from '@samspill/kernel';
import type { Logger } from '../logger.js';
import { again } from './answers.js';
import { idempotencyKey } from './content-hash.js';
import { isOpen, isUnchanged, leaveAsIs, settle, type LedgerEntry } from './delivery.js';
import type { DeliveryLedger } from './delivery-ledger.js';
import { backoffMs } from './delivery-waits.js';
import type { Outgoing, Outside, OutsideLimits } from './outside.js';
import { UNUSABLE_EVENT } from './reactions.js';
import type { ReactorJournal } from './reactor-journal.js';
import { readPayloads, type PayloadDependencies, type ReadPayload } from './read-payloads.js';

export interface CallDependencies extends PayloadDependencies {
  readonly reactor: Reactor;
  readonly outside: Outside;
  readonly limits: OutsideLimits;
  readonly ledger: DeliveryLedger;
  readonly journal: Pick<ReactorJournal, 'outcomes' | 'tell'>;
  readonly logger: Logger;
}

/** Something on its way out, with the entry it comes from. */
export interface Ready {
  readonly entry: LedgerEntry;
  readonly outgoing: Outgoing;
}

/**
 * Reads what is to be sent; settles what needs no call.
 * @param ahead what is likely to be sent next
 */
export async function prepare(
  entries: readonly LedgerEntry[],
  dependencies: CallDependencies,
  ahead: readonly LedgerEntry[],
): Promise<readonly Ready[]> {
  const { reactor } = dependencies;
  if (entries.length === 0) return [];
  const payloads = await readPayloads(reactor, entries, dependencies, ahead);
  const ready: Ready[] = [];
  const rest: LedgerEntry[] = [];
  for (const entry of entries) {
    const read = payloads.get(entry.thing);
    if (read?.kind !== 'payload' || isUnchanged(entry, read.content)) {
      rest.push(entry);
      continue;
    }
    const { thing, key, version, attempts, confirmed } = entry;
    const { payload, content, cause } = read;
    const outgoing: Outgoing = {
      thing,
      key,
      version,
      idempotencyKey: idempotencyKey(reactor.name, thing, cause.id),
      content,
      payload,
      ...(confirmed?.reference !== undefined && { reference: confirmed.reference }),
      attempt: attempts + 1,
      cause,
    };
    ready.push({ entry, outgoing });
  }
  await settleRest(rest, payloads, dependencies);
  return ready;
}

/** What needs no call: unchanged, unusable, not asked for any more, or not where it was. */
async function settleRest(
  rest: readonly LedgerEntry[],
  payloads: ReadonlyMap<string, ReadPayload>,
  { reactor, ledger, limits }: CallDependencies,
): Promise<void> {
  if (rest.length === 0) return;
  const things = rest.map(({ thing }) => thing);
  await ledger.change(reactor.name, things, (known, now) => {
    const put: LedgerEntry[] = [];
    const drop: string[] = [];
    for (const seen of rest) {
      const entry = known.get(seen.thing);
      const read = payloads.get(seen.thing);
      if (entry?.version !== seen.version || entry.attempts !== seen.attempts || !isOpen(entry)) continue;
      if (read?.kind === 'payload') {
        // Somebody may want it asked about since it was looked at.
        if (isUnchanged(entry, read.content)) put.push(leaveAsIs(entry, seen.version, read.content));
      } else if (read?.kind === 'unusable')
        put.push({
          ...entry,
          state: 'refused',
          isInDoubt: entry.state !== 'intended',
          code: UNUSABLE_EVENT,
          words: read.reason,
        });
      else if (read?.kind === 'withdrawn') {
        if (entry.confirmed) put.push({ ...entry, state: 'confirmed' });
        else drop.push(entry.thing);
      } else {
        const inMs = backoffMs(1, limits, undefined, Math.random);
        const words = 'The log has something else at its place; intake will find where it is now.';
        const settled = again(entry, 'reactor.event-moved', words, inMs);
        put.push(settle(entry, entry.version, entry.attempts, settled, now));
      }
    }
    return { put, drop };
  });
}
