import { setTimeout as delay } from 'node:timers/promises';
import type { SendOutcome } from '@samspill/eventlog';
import type { Crm, CrmWish } from '../crm/crm.js';

/** Where a reactor's ledger would wait for minutes. */
const LONGEST_WAIT_MS = 50;
const CALL_TIMEOUT_MS = 5_000;
const MOST_ROUNDS = 400;

/** What the ledger of a reactor does: what is not certain is asked about, and sent again only if it is not there. */
export async function deliver(
  crm: Crm,
  wishes: readonly CrmWish[],
): Promise<ReadonlyMap<string, SendOutcome>> {
  const done = new Map<string, SendOutcome>();
  const asked = new Set<string>();
  for (let round = 0; round < MOST_ROUNDS && done.size < wishes.length; round += 1) {
    const open = wishes.filter(({ reference }) => !done.has(reference)).slice(0, crm.limits.batchSize);
    const doubtful = open.filter(({ reference }) => asked.has(reference));
    const batch = doubtful.length > 0 ? doubtful : open;
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    if (doubtful.length > 0) {
      await delay(crm.limits.settleMs);
      for (const [index, answer] of (await crm.lookUp(batch, signal)).entries()) {
        const reference = batch[index]?.reference ?? '';
        if (answer.kind === 'there') done.set(reference, { ...answer, kind: 'confirmed' });
        if (answer.kind === 'no-answer') await delay(Math.min(LONGEST_WAIT_MS, answer.retryAfterMs ?? 1));
        else asked.delete(reference);
      }
      continue;
    }
    let waitMs = 0;
    for (const [index, outcome] of (await crm.write(batch, signal)).entries()) {
      const reference = batch[index]?.reference ?? '';
      if (outcome.kind === 'confirmed' || outcome.kind === 'refused') done.set(reference, outcome);
      else if (outcome.kind === 'unknown') asked.add(reference);
      else waitMs = Math.max(waitMs, Math.min(LONGEST_WAIT_MS, outcome.retryAfterMs ?? 1));
    }
    await delay(waitMs);
  }
  if (done.size < wishes.length) throw new Error(`${wishes.length - done.size} wishes are not delivered`);
  return done;
}

/** Whether each is confirmed. */
export function confirmed(outcomes: ReadonlyMap<string, SendOutcome>): boolean {
  return [...outcomes.values()].every(({ kind }) => kind === 'confirmed');
}
