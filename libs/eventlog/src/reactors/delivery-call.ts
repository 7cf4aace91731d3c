import type { Reactor } from '@samspill/kernel';
import { PlatformError } from '@samspill/kernel';
import type { Logger } from '../logger.js';
import { idempotencyKey } from './content-hash.js';
import {
  begin,
  isOpen,
  isSettledBy,
  isUnchanged,
  leaveAsIs,
  settle,
  type LedgerEntry,
  type Settled,
  type ToldOutcome,
} from './delivery.js';
import type { DeliveryLedger } from './delivery-ledger.js';
import { backoffMs, type CallOutcome } from './delivery-waits.js';
import type { LookUpOutcome, Outgoing, Outside, OutsideLimits, SendOutcome } from './outside.js';
import { UNUSABLE_EVENT } from './reactions.js';
import type { Outcome, ReactorJournal } from './reactor-journal.js';
import { readPayloads, type PayloadDependencies } from './read-payloads.js';

export interface CallDependencies extends PayloadDependencies {
  readonly reactor: Reactor;
  readonly outside: Outside;
  readonly limits: OutsideLimits;
  readonly ledger: DeliveryLedger;
  readonly journal: ReactorJournal;
  readonly logger: Logger;
}

/** Something on its way out, with the entry it comes from. */
interface Ready {
  readonly entry: LedgerEntry;
  readonly outgoing: Outgoing;
}

/** What a call has led to. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  /** The log knows of a delivery that the ledger did not. */
  readonly isBehind: boolean;
}

/** How one attempt ended. */
interface Attempt {
  readonly ready: Ready;
  readonly settled: Settled;
}

/**
 * Delivers things of one company, from their entries in the ledger to what became of them. In this order, so that a death at any point
 * leaves something to go by: what the log says was delivered; whether the other side has that content; what may have arrived is asked
 * about; `sent` is written; the call; its outcomes on the log; its outcomes in the ledger.
 * @param lost aborted when another instance may be delivering as well
 */
export async function deliver(
  entries: readonly LedgerEntry[],
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<CallEnd> {
  const { journal, reactor } = dependencies;
  const told = await journal.outcomes(
    reactor.name,
    entries.map(({ thing }) => thing),
  );
  const known = entries.filter((entry) => isSettledBy(entry, told.get(entry.thing)));
  if (known.length > 0) await settleAsTold(known, told, dependencies);
  const isBehind = known.some(({ state }) => state === 'intended');
  if (isBehind) return { outcome: { kind: 'answered' }, isBehind };
  const ready = await prepare(
    entries.filter((entry) => !known.includes(entry)),
    dependencies,
  );
  const { toSend, outcome } = await askAbout(ready, dependencies, lost);
  if (outcome || toSend.length === 0) return { outcome: outcome ?? { kind: 'answered' }, isBehind };
  return { outcome: await sendAll(toSend, dependencies, lost), isBehind };
}

/** The process died between telling the log and writing the ledger, or the ledger is from before. */
async function settleAsTold(
  entries: readonly LedgerEntry[],
  told: ReadonlyMap<string, ToldOutcome>,
  { ledger, reactor }: CallDependencies,
): Promise<void> {
  await ledger.change(
    reactor.name,
    entries.map(({ thing }) => thing),
    (known, now) => ({
      put: [...known.values()].flatMap((entry) => {
        const outcome = told.get(entry.thing);
        if (!isOpen(entry) || outcome?.version !== entry.version || !isSettledBy(entry, outcome)) return [];
        const { code = '', reference } = outcome;
        const { version, content } = entry;
        const settled: Settled =
          outcome.kind === 'confirmed'
            ? { kind: 'confirmed', content, ...(reference !== undefined && { reference }) }
            : { kind: 'refused', isInDoubt: true, code, words: entry.words ?? '' };
        return [settle({ ...entry, attempts: outcome.attempt }, version, outcome.attempt, settled, now)];
      }),
      // An outcome of a later version: how the thing shall be is still to be read.
      drop: [...known.values()].flatMap((entry) =>
        (told.get(entry.thing)?.version ?? 0) > entry.version ? [entry.thing] : [],
      ),
    }),
  );
}

/** Reads what is to be sent; settles what needs no call. */
async function prepare(
  entries: readonly LedgerEntry[],
  dependencies: CallDependencies,
): Promise<readonly Ready[]> {
  const { reactor, ledger, limits } = dependencies;
  if (entries.length === 0) return [];
  const payloads = await readPayloads(reactor, entries, dependencies);
  const ready: Ready[] = [];
  const rest: LedgerEntry[] = [];
  for (const entry of entries) {
    const read = payloads.get(entry.thing);
    if (read?.kind !== 'payload' || isUnchanged(entry, read.content)) {
      rest.push(entry);
      continue;
    }
    const { thing, key, version, attempts } = entry;
    const { payload, content, cause } = read;
    const outgoing = {
      thing,
      key,
      version,
      idempotencyKey: idempotencyKey(reactor.name, thing, cause.id),
      content,
      payload,
      attempt: attempts + 1,
      cause,
    };
    ready.push({ entry, outgoing });
  }
  if (rest.length > 0)
    await ledger.change(
      reactor.name,
      rest.map(({ thing }) => thing),
      (known, now) => {
        const put: LedgerEntry[] = [];
        const drop: string[] = [];
        for (const seen of rest) {
          const entry = known.get(seen.thing);
          const read = payloads.get(seen.thing);
          if (entry?.version !== seen.version || entry.attempts !== seen.attempts || !isOpen(entry)) continue;
          if (read?.kind === 'payload') put.push(leaveAsIs(entry, seen.version, read.content));
          else if (read?.kind === 'unusable')
            put.push({ ...entry, state: 'refused', code: UNUSABLE_EVENT, words: read.reason });
          else if (read?.kind === 'withdrawn') {
            if (entry.confirmed) put.push({ ...entry, state: 'confirmed' });
            else drop.push(entry.thing);
          } else {
            const inMs = backoffMs(1, limits, undefined, Math.random);
            const words = 'The log has something else at its place; intake will find where it is now.';
            put.push(
              settle(
                entry,
                entry.version,
                entry.attempts,
                again(entry, 'reactor.event-moved', words, inMs),
                now,
              ),
            );
          }
        }
        return { put, drop };
      },
    );
  return ready;
}

/** Asks about what may have arrived. What has is settled; what has not goes on; without an answer nothing does. */
async function askAbout(
  ready: readonly Ready[],
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<{ readonly toSend: readonly Ready[]; readonly outcome?: CallOutcome }> {
  const { outside, limits, logger, reactor } = dependencies;
  const inDoubt = ready.filter(({ entry }) => entry.state !== 'intended');
  if (inDoubt.length === 0 || !outside.lookUp) return { toSend: ready };
  const deliveries = inDoubt.map(({ outgoing }) => outgoing);
  let answers: readonly LookUpOutcome[];
  try {
    const signal = AbortSignal.any([lost, AbortSignal.timeout(limits.callTimeoutMs)]);
    answers = await bounded(outside.lookUp(deliveries, signal), signal);
    requireOneEach(answers, deliveries);
  } catch (error) {
    const words = reasonOf(error);
    logger.warn('the other side could not be asked', { reactor: reactor.name, reason: words });
    answers = deliveries.map(() => ({ kind: 'no-answer', code: 'reactor.no-answer', words }));
  }
  const attempts: Attempt[] = [];
  const absent: Ready[] = [];
  let failed: Extract<LookUpOutcome, { kind: 'no-answer' }> | undefined;
  for (const [index, one] of inDoubt.entries()) {
    const answer = answers[index];
    if (answer?.kind === 'there') attempts.push({ ready: one, settled: confirmedBy(one, answer.reference) });
    else if (answer?.kind === 'not-there') absent.push(one);
    else if (answer) {
      failed = answer;
      const inMs = backoffMs(one.outgoing.attempt, limits, answer.retryAfterMs, Math.random);
      attempts.push({
        ready: one,
        settled: { ...again(one.entry, answer.code, answer.words, inMs), isInDoubt: true },
      });
    }
  }
  await record(attempts, dependencies);
  if (failed) {
    const { code, words, retryAfterMs } = failed;
    return { toSend: [], outcome: { kind: 'failed', isCertain: true, code, words, retryAfterMs } };
  }
  const certain = ready.filter(({ entry }) => entry.state === 'intended');
  return { toSend: [...certain, ...absent] };
}

async function sendAll(
  ready: readonly Ready[],
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<CallOutcome> {
  const { limits, ledger, reactor } = dependencies;
  const begun = new Map<string, LedgerEntry>();
  const beganMs = performance.now();
  await ledger.change(
    reactor.name,
    ready.map(({ entry }) => entry.thing),
    (known, now) => {
      begun.clear();
      for (const { entry } of ready) {
        const marked = begin(known.get(entry.thing), entry, now, limits.callTimeoutMs + limits.settleMs);
        if (marked) begun.set(entry.thing, marked);
      }
      return { put: [...begun.values()] };
    },
  );
  // Who was held up since then may be too late: another instance asks about it soon.
  const isLate = performance.now() - beganMs > limits.callTimeoutMs;
  const going = ready.filter(({ entry }) => begun.has(entry.thing));
  if (going.length === 0 || isLate || lost.aborted) return { kind: 'answered' };
  const answers = await call(
    going.map(({ outgoing }) => outgoing),
    dependencies,
    lost,
  );
  const attempts = going.map((one, index): Attempt => {
    const entry = begun.get(one.entry.thing) ?? one.entry;
    // The other side lacks this content; whether it has another one that nobody knows of is not known for that.
    const wasInDoubt = one.entry.state !== 'intended';
    const answer = answers[index] ?? missingAnswer;
    return { ready: { ...one, entry }, settled: settledBy(one, answer, wasInDoubt, limits) };
  });
  await record(attempts, dependencies);
  return callOutcome(answers);
}

const missingAnswer: SendOutcome = {
  kind: 'unknown',
  code: 'reactor.no-outcome',
  words: 'No outcome was given.',
};

async function call(
  deliveries: readonly Outgoing[],
  { outside, limits, logger, reactor }: CallDependencies,
  lost: AbortSignal,
): Promise<readonly SendOutcome[]> {
  try {
    const signal = AbortSignal.any([lost, AbortSignal.timeout(limits.callTimeoutMs)]);
    const answers = await bounded(outside.send(deliveries, signal), signal);
    requireOneEach(answers, deliveries);
    return answers;
  } catch (error) {
    const words = reasonOf(error);
    logger.warn('a delivery ended with nobody knowing whether it arrived', {
      reactor: reactor.name,
      reason: words,
    });
    return deliveries.map(() => ({ kind: 'unknown', code: 'reactor.outcome-unknown', words }));
  }
}

/** First the log, then the ledger: what is on the log holds. */
async function record(
  attempts: readonly Attempt[],
  { ledger, journal, reactor }: CallDependencies,
): Promise<void> {
  if (attempts.length === 0) return;
  await journal.tell(reactor.name, attempts.flatMap(outcomeOf));
  const byThing = new Map(attempts.map((attempt) => [attempt.ready.entry.thing, attempt]));
  await ledger.change(reactor.name, [...byThing.keys()], (known, now) => ({
    put: [...known.values()].flatMap((entry) => {
      const attempt = byThing.get(entry.thing);
      if (!attempt) return [];
      const { version, attempts: made } = attempt.ready.entry;
      const after = settle(entry, version, made, attempt.settled, now);
      return after === entry ? [] : [after];
    }),
  }));
}

function outcomeOf({ ready: { entry }, settled }: Attempt): readonly Outcome[] {
  const { thing, key, version, attempts: attempt } = entry;
  if (settled.kind === 'again') return [];
  if (settled.kind === 'refused')
    return [{ thing, key, version, attempt, result: { kind: 'failed', code: settled.code } }];
  const { reference } = settled;
  const result = { kind: 'confirmed' as const, ...(reference !== undefined && { reference }) };
  return [{ thing, key, version, attempt, result }];
}

function settledBy(one: Ready, answer: SendOutcome, wasInDoubt: boolean, limits: OutsideLimits): Settled {
  switch (answer.kind) {
    case 'confirmed':
      return confirmedBy(one, answer.reference);
    case 'refused':
      return { ...answer, isInDoubt: wasInDoubt };
    case 'not-sent': {
      const { code, words, retryAfterMs } = answer;
      const inMs = backoffMs(one.outgoing.attempt, limits, retryAfterMs, Math.random);
      return { kind: 'again', isInDoubt: wasInDoubt, code, words, inMs };
    }
    case 'unknown': {
      const { code, words } = answer;
      const inMs = Math.max(limits.settleMs, backoffMs(one.outgoing.attempt, limits, undefined, Math.random));
      return { kind: 'again', isInDoubt: true, code, words, inMs };
    }
  }
}

function confirmedBy({ outgoing: { content } }: Ready, reference: string | undefined): Settled {
  return { kind: 'confirmed', content, ...(reference !== undefined && { reference }) };
}

function again(
  { state }: LedgerEntry,
  code: string,
  words: string,
  inMs: number,
): Settled & { kind: 'again' } {
  return { kind: 'again', isInDoubt: state !== 'intended', code, words, inMs };
}

/** What the answers say about the other side as a whole. */
function callOutcome(answers: readonly SendOutcome[]): CallOutcome {
  const refusing = answers.find((answer) => answer.kind === 'not-sent' && answer.holdsUp === 'key');
  if (refusing?.kind === 'not-sent') {
    const { code, words, retryAfterMs } = refusing;
    return { kind: 'failed', isCertain: true, code, words, retryAfterMs };
  }
  const [first] = answers;
  if (first?.kind === 'unknown' && answers.every(({ kind }) => kind === 'unknown')) {
    const { code, words } = first;
    return { kind: 'failed', isCertain: false, code, words, retryAfterMs: undefined };
  }
  return { kind: 'answered' };
}

/** A call that does not heed its signal is not waited for. */
async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (): void => {
    reject(new Error(`given up: ${reasonOf(signal.reason)}`));
  };
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

function requireOneEach(answers: readonly unknown[], deliveries: readonly Outgoing[]): void {
  if (answers.length === deliveries.length) return;
  throw new PlatformError(
    'reactor.outcomes-missing',
    `${deliveries.length} deliveries were made, and ${answers.length} outcomes given.`,
    false,
  );
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
