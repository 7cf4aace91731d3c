import { BackgroundLoop } from '../background-loop.js';
import { Failures } from '../failures.js';
import { Backoff, pause } from '../retry.js';
import type { ProjectionStore } from '../projection-store.js';
import type { GateState } from '../write-gate.js';
import { isOpen, isSettledBy } from './delivery.js';
import type { CallDependencies } from './ready-deliveries.js';
import { CompanyCalls } from './company-calls.js';
import { DeliveryWaits } from './delivery-waits.js';
import type { OutsideLimits } from './outside.js';
import type { ReactorIntake } from './reactor-intake.js';
import type { ReactorJournal } from './reactor-journal.js';
import type { ReactorState } from './reactor-state.js';
import { Redelivering } from './redelivering.js';

/** How often an instance tries to take over from the one that delivers: how long nothing is delivered after that one has died. */
const STANDBY_MS = 1_000;
/** How often it looks for what is due again, for what a person wants, and whether what it waits for has come. */
const POLL_MS = 250;
const RETRY = { firstMs: 200, maxMs: 10_000 };
/** Entries that are compared with the log at a time. */
const PAGE = 500;
/**
 * Calls of a company whose deliveries are looked up together, so that what they are about is read from the log together, and that follow on one
 * another before it is another company's turn.
 */
const CALLS_AHEAD = 10;

export interface DelivererDependencies extends CallDependencies {
  readonly journal: ReactorJournal;
  readonly store: Pick<ProjectionStore, 'exclusively'>;
  readonly intake: ReactorIntake;
  readonly redelivering: Redelivering;
  /** Name of the database's incarnation now. */
  readonly incarnation: () => Promise<string>;
  readonly gate: () => GateState;
}

/** What a reactor's deliverer is at in this process. */
export type DelivererState =
  | { readonly state: 'stopped' | 'standby' | 'delivering' }
  | { readonly state: 'waiting' | 'failing'; readonly reason: string };

/**
 * Delivers what is in a reactor's ledger. One instance of a service does at a time, held by a lock of the database that ends with its
 * connection: so the other side sees one sender, whose calls for a company come one after the other.
 */
export class Deliverer {
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));
  readonly #failures = new Failures();
  #state: DelivererState = { state: 'stopped' };
  #isBehind = false;

  constructor(private readonly dependencies: DelivererDependencies) {}

  get state(): DelivererState {
    const reason = this.#failures.current(Date.now());
    return reason === undefined ? this.#state : { state: 'failing', reason };
  }

  start(): void {
    this.#loop.start();
  }

  /** Begins nothing more, and waits for the calls that are under way. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#state = { state: 'stopped' };
  }

  /** Looks at once whether there is something to deliver. */
  wake(): void {
    this.#loop.wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, reactor, logger } = this.dependencies;
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      try {
        const had = await store.exclusively(`deliver ${reactor.name}`, async (lost) => {
          backoff.reset();
          await this.#failures.of('', () => Promise.resolve()); // the database is there again
          await this.#failures.of('', () => this.#deliver(signal, lost));
          return true;
        });
        if (had) continue;
        this.#state = { state: 'standby' };
        await pause(STANDBY_MS, signal);
      } catch (error) {
        const reason = this.#failures.met(error);
        logger.warn('a reactor’s deliveries were broken off and go on soon', {
          reactor: reactor.name,
          reason,
        });
        await backoff.wait(signal);
      }
    }
  }

  /** Delivers while this instance is the one. */
  async #deliver(stop: AbortSignal, lost: AbortSignal): Promise<void> {
    const { ledger, reactor, limits, journal, redelivering, intake, incarnation } = this.dependencies;
    const ended = AbortSignal.any([stop, lost]);
    const waits = new DeliveryWaits(reactor.name, ledger, limits);
    await waits.load();
    const calls = this.#calls(waits, stop, lost);
    let verified: string | undefined;
    let after = '';
    try {
      while (!ended.aborted) {
        const [state, now] = await Promise.all([journal.state(reactor.name), incarnation()]);
        const hindrance = this.#hindrance(state);
        if (hindrance !== undefined) {
          calls.forgetPrepared();
          this.#state = { state: 'waiting', reason: hindrance };
          await this.#loop.sleep(POLL_MS);
          continue;
        }
        if (now !== verified) {
          calls.forgetPrepared();
          verified = await this.#verify(ended);
          continue;
        }
        this.#state = { state: 'delivering' };
        if (this.#isBehind) {
          this.#isBehind = false;
          calls.forgetPrepared();
          await intake.ledgerIsFromBefore();
          continue;
        }
        redelivering.begin(state, ended);
        after = await this.#beginCalls(calls, waits, after);
        await this.#loop.sleep(POLL_MS);
      }
    } finally {
      await Promise.all([calls.ended(), redelivering.ended()]);
    }
  }

  #calls(waits: DeliveryWaits, stop: AbortSignal, lost: AbortSignal): CompanyCalls {
    return new CompanyCalls({
      call: this.dependencies,
      waits,
      failures: this.#failures,
      lost,
      stop,
      onEnd: () => {
        this.#loop.wake();
      },
      onBehind: () => {
        this.#isBehind = true;
      },
    });
  }

  /** Why nothing may be delivered now. */
  #hindrance({ held }: ReactorState): string | undefined {
    if (this.dependencies.gate().state !== 'open')
      return 'The event store is being compared with the end of the log.';
    return held ? 'It is held.' : undefined;
  }

  /**
   * Nothing goes out before the ledger has all that was on the topics when this began, and has been held against what the log says about
   * deliveries: a database that was put back from before is found out here.
   * @returns the incarnation of the database that this is about
   */
  async #verify(ended: AbortSignal): Promise<string | undefined> {
    const { intake, incarnation, ledger, journal, reactor } = this.dependencies;
    this.#state = { state: 'waiting', reason: 'It takes in what has happened up to now.' };
    const now = await incarnation();
    const ends = await intake.ends();
    while (!(await intake.hasReached(ends))) {
      if (ended.aborted) return undefined;
      await this.#loop.sleep(POLL_MS);
    }
    let after: string | undefined;
    for (;;) {
      const entries = await ledger.page(reactor.name, { states: ['intended'], after, limit: PAGE });
      const told = await journal.outcomes(
        reactor.name,
        entries.map(({ thing }) => thing),
      );
      if (entries.some((entry) => isOpen(entry) && isSettledBy(entry, told.get(entry.thing)))) {
        await intake.ledgerIsFromBefore();
        return now;
      }
      after = entries.at(-1)?.thing;
      if (entries.length < PAGE || ended.aborted) return now;
    }
  }

  /** Begins a call for each company that has something due and none under way; returns the company to go on after. */
  async #beginCalls(calls: CompanyCalls, waits: DeliveryWaits, after: string): Promise<string> {
    const { ledger, reactor, limits, outside } = this.dependencies;
    const open = await outside.open?.();
    if (open) await waits.open(new Set(open.keys()));
    const waiting = waits.waiting(Date.now());
    const limitsOf = (key: string): OutsideLimits => ({ ...limits, ...open?.get(key) });
    calls.goOn((key) => (waiting.includes(key) || open?.has(key) === false ? undefined : limitsOf(key)));
    const { busy } = calls;
    const keys = limits.keysAtOnce - busy.length;
    if (keys <= 0) return after;
    const without = [...busy, ...waiting];
    const among = open && inTurnAfter(after, [...open.keys()], without);
    if (among?.length === 0) return after;
    const query = { keys, perKey: limits.batchSize * CALLS_AHEAD, without, ...(among && { among }) };
    let due = await ledger.due(reactor.name, { ...query, after });
    // From the beginning again, where none is left behind.
    if (due.length === 0 && after !== '' && !among)
      due = await ledger.due(reactor.name, { ...query, after: '' });
    const byKey = Map.groupBy(due, ({ key }) => key);
    for (const [key, entries] of byKey) calls.begin(key, entries, limitsOf(key));
    return [...byKey.keys()].at(-1) ?? '';
  }
}

/** Companies in the order of their names, from the one after `after` on and around. */
function inTurnAfter(after: string, keys: readonly string[], without: readonly string[]): readonly string[] {
  const left = new Set(without);
  const wanted = keys.filter((key) => !left.has(key)).toSorted();
  return [...wanted.filter((key) => key > after), ...wanted.filter((key) => key <= after)];
}
