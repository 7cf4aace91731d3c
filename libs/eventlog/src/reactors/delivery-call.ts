import { reasonOf } from '@samspill/kernel';
import { again, bounded, callOutcome, confirmedBy, requireOneEach, settledBy } from './answers.js';
import { isOpen, isSettledBy, settle, type LedgerEntry, type Settled, type ToldOutcome } from './delivery.js';
import type { LedgerFold } from './delivery-ledger.js';
import { backoffMs, drawnForAll, type CallOutcome } from './delivery-waits.js';
import type { LookUpOutcome, Outgoing, SendOutcome } from './outside.js';
import { inCall } from '../telemetry/delivering.js';
import { prepare, type CallDependencies, type Ready } from './ready-deliveries.js';
import type { Outcome } from './reactor-journal.js';

/** What a call will be about. */
export interface PreparedCall {
  readonly ready: readonly Ready[];
  /** The log knows of a delivery that the ledger did not: nothing is to be sent. */
  readonly isBehind: boolean;
}

/** What a call has led to. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  /** Tells what became of its deliveries, first to the log and then to the ledger; absent where nothing went out. */
  readonly record?: () => Promise<void>;
}

/** How one attempt ended. */
interface Attempt {
  readonly ready: Ready;
  readonly settled: Settled;
}

/**
 * Things of one company are delivered in three steps, from their entries in the ledger to what became of them: {@link prepareCall},
 * {@link makeCall}, and its `record`. In this order, so that a death at any point leaves something to go by: what the log says was delivered;
 * whether the other side has that content; what may have arrived is asked about; `sent` is written; the call; its outcomes on the log; its
 * outcomes in the ledger. An entry that has changed between the first two steps is left out.
 * @param ahead entries of the company that are likely to be next: what they are about is read along
 */
export async function prepareCall(
  entries: readonly LedgerEntry[],
  dependencies: CallDependencies,
  ahead: readonly LedgerEntry[],
): Promise<PreparedCall> {
  const { journal, reactor } = dependencies;
  const told = await journal.outcomes(
    reactor.name,
    entries.map(({ thing }) => thing),
  );
  const known = entries.filter((entry) => isSettledBy(entry, told.get(entry.thing)));
  if (known.length > 0) await settleAsTold(known, told, dependencies);
  const isBehind = known.some(({ state }) => state === 'intended');
  if (isBehind) return { ready: [], isBehind };
  const left = entries.filter((entry) => !known.includes(entry));
  return { ready: await prepare(left, dependencies, ahead), isBehind };
}

/** @param lost aborted when another instance may be delivering as well */
export async function makeCall(
  { ready }: PreparedCall,
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<CallEnd> {
  const { toSend, outcome } = await askAbout(ready, dependencies, lost);
  return toSend.length === 0 ? { outcome } : await sendAll(toSend, dependencies, lost);
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

/** Asks about what may have arrived. What has is settled; what has not goes on; without an answer nothing does. */
async function askAbout(
  ready: readonly Ready[],
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<{ readonly toSend: readonly Ready[]; readonly outcome: CallOutcome }> {
  const { outside, limits, logger, reactor } = dependencies;
  const inDoubt = ready.filter(({ entry }) => entry.state !== 'intended');
  if (inDoubt.length === 0 || !outside.lookUp) return { toSend: ready, outcome: { kind: 'not-called' } };
  const deliveries = inDoubt.map(({ outgoing }) => outgoing);
  let answers: readonly LookUpOutcome[];
  try {
    const signal = AbortSignal.any([lost, AbortSignal.timeout(limits.callTimeoutMs)]);
    const { lookUp } = outside;
    answers = await inCall({ reactor: reactor.name, call: 'look-up', deliveries }, async () => {
      const found = await bounded(lookUp.call(outside, deliveries, signal), signal);
      requireOneEach(found, deliveries);
      return found;
    });
  } catch (error) {
    const words = reasonOf(error);
    logger.warn('the other side could not be asked', { reactor: reactor.name, reason: words });
    answers = deliveries.map(() => ({ kind: 'no-answer', code: 'reactor.no-answer', words }));
  }
  const attempts: Attempt[] = [];
  const absent: Ready[] = [];
  let failed: Extract<LookUpOutcome, { kind: 'no-answer' }> | undefined;
  const random = drawnForAll(Math.random);
  for (const [index, one] of inDoubt.entries()) {
    const answer = answers[index];
    if (answer?.kind === 'there') attempts.push({ ready: one, settled: confirmedBy(one, answer.reference) });
    else if (answer?.kind === 'not-there') absent.push(one);
    else if (answer) {
      failed = answer;
      const inMs = backoffMs(one.outgoing.attempt, limits, answer.retryAfterMs, random);
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
  return { toSend: [...certain, ...absent], outcome: { kind: 'answered' } };
}

async function sendAll(
  ready: readonly Ready[],
  dependencies: CallDependencies,
  lost: AbortSignal,
): Promise<CallEnd> {
  const { limits, ledger, reactor } = dependencies;
  const beganMs = performance.now();
  const begun = await ledger.begin(
    reactor.name,
    ready.map(({ entry }) => entry),
    limits.callTimeoutMs + limits.settleMs,
  );
  // Who was held up since then may be too late: another instance asks about it soon.
  const isLate = performance.now() - beganMs > limits.callTimeoutMs;
  const going = ready.filter(({ entry }) => begun.has(entry.thing));
  if (going.length === 0 || isLate || lost.aborted) return { outcome: { kind: 'not-called' } };
  const answers = await call(
    going.map(({ outgoing }) => outgoing),
    dependencies,
    lost,
  );
  const random = drawnForAll(Math.random);
  const attempts = going.map((one, index): Attempt => {
    const entry = { ...one.entry, attempts: begun.get(one.entry.thing) ?? one.entry.attempts };
    // The other side lacks this content; whether it has another one that nobody knows of is not known for that.
    const wasInDoubt = one.entry.state !== 'intended';
    const answer = answers[index] ?? missingAnswer;
    return { ready: { ...one, entry }, settled: settledBy(one, answer, wasInDoubt, limits, random) };
  });
  return { outcome: callOutcome(answers), record: () => record(attempts, dependencies) };
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
    return await inCall({ reactor: reactor.name, call: 'send', deliveries }, async () => {
      const answers = await bounded(outside.send(deliveries, signal), signal);
      requireOneEach(answers, deliveries);
      return answers;
    });
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
  const settled: LedgerFold = (known, now) => ({
    put: [...known.values()].flatMap((entry) => {
      const attempt = byThing.get(entry.thing);
      if (!attempt) return [];
      const { version, attempts: made } = attempt.ready.entry;
      const after = settle(entry, version, made, attempt.settled, now);
      return after === entry ? [] : [after];
    }),
  });
  const isOnLog = attempts.every(({ settled: { kind } }) => kind !== 'again');
  await ledger.change(reactor.name, [...byThing.keys()], settled, { isOnLog });
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
