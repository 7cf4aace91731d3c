import { reasonOf } from '@samspill/kernel';
import type { Failures } from '../failures.js';
import { pause } from '../retry.js';
import type { LedgerEntry } from './delivery.js';
import { makeCall, prepareCall, type PreparedCall } from './delivery-call.js';
import type { DeliveryWaits } from './delivery-waits.js';
import type { OutsideLimits } from './outside.js';
import type { CallDependencies } from './ready-deliveries.js';

/** After a call or its outcomes were broken off: what it was about is due again at once or soon, and a database that is away must be let alone. */
const PAUSE_MS = 200;
/** What was prepared longer ago is prepared anew: it was read from the log, and somebody may have been forgotten since. */
const PREPARED_HOLDS_MS = 5_000;

export interface CompanyCallsDependencies {
  readonly call: CallDependencies;
  readonly waits: DeliveryWaits;
  readonly failures: Failures;
  /** Aborted when another instance may be delivering as well. */
  readonly lost: AbortSignal;
  /** Aborted when this process is to end. */
  readonly stop: AbortSignal;
  /** Something has ended: there may be something to begin. */
  readonly onEnd: () => void;
  /** The log knows of a delivery that the ledger did not. */
  readonly onBehind: () => void;
}

/** What a call is about. */
interface Turn {
  readonly preparing: Promise<PreparedCall>;
  readonly things: number;
  /** What the calls after it are about. */
  readonly ahead: readonly LedgerEntry[];
  readonly sinceMs: number;
}

/**
 * The calls of companies, of each one at a time. While one is under way the next is prepared, and while the next is under way the outcomes
 * of the one before are written down: each waits for something else, and together they would take twice as long. What a call is about is about
 * nothing else that is under way.
 */
export class CompanyCalls {
  readonly #calls = new Map<string, Promise<void>>();
  readonly #recordings = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Turn>();
  readonly #preparing = new Set<Promise<unknown>>();
  /** Of companies that may be called, as of the last look. */
  #limitsOf: (key: string) => OutsideLimits | undefined = nobody;

  constructor(private readonly dependencies: CompanyCallsDependencies) {}

  /** Companies of which something is under way: what they have due in the ledger may be a part of that. */
  get busy(): readonly string[] {
    return [...new Set([...this.#calls.keys(), ...this.#recordings.keys()])];
  }

  /** @param due what the company has due, more than one call takes: the calls after this one are about the rest */
  begin(key: string, due: readonly LedgerEntry[], limits: OutsideLimits): void {
    const size = Math.min(this.dependencies.waits.allowed(key), limits.batchSize);
    this.#begin(key, this.#prepare(due, size, limits), limits);
  }

  /** Goes on with what was prepared, for companies that may be called now; for others it is prepared anew when they may. */
  goOn(limitsOf: (key: string) => OutsideLimits | undefined): void {
    this.#limitsOf = limitsOf;
    for (const [key, next] of [...this.#next]) {
      if (this.#calls.has(key)) continue;
      this.#next.delete(key);
      const limits = limitsOf(key);
      const allowed = limits && Math.min(this.dependencies.waits.allowed(key), limits.batchSize);
      const isFresh = performance.now() - next.sinceMs <= PREPARED_HOLDS_MS;
      if (limits && allowed !== undefined && next.things <= allowed && isFresh)
        this.#begin(key, next, limits);
    }
  }

  /** What was prepared, and is being prepared, says nothing any more: until {@link goOn} nobody is called. */
  forgetPrepared(): void {
    this.#next.clear();
    this.#limitsOf = nobody;
  }

  /** Resolves when nothing is under way, if nothing is begun meanwhile. */
  async ended(): Promise<void> {
    await Promise.all(this.#calls.values());
    await Promise.all([...this.#recordings.values(), ...this.#preparing]);
  }

  #begin(key: string, turn: Turn, limits: OutsideLimits): void {
    const call = this.#call(key, turn, limits).finally(() => {
      this.#calls.delete(key);
      this.dependencies.onEnd();
    });
    this.#calls.set(key, call);
  }

  async #call(key: string, { preparing, things, ahead }: Turn, limits: OutsideLimits): Promise<void> {
    const { failures, waits, lost, stop } = this.dependencies;
    await this.#meeting(key, () =>
      failures.of(key, async () => {
        const prepared = await preparing;
        // It may have taken as long as the log was away; what is not sent is due as before.
        if (stop.aborted || lost.aborted || !this.#limitsOf(key)) return;
        if (!prepared.isBehind && things === limits.batchSize && ahead.length > 0)
          this.#next.set(key, this.#prepare(ahead, limits.batchSize, limits));
        const { outcome, record } = await makeCall(prepared, this.#dependencies(limits), lost);
        await this.#recordings.get(key);
        if (record) this.#record(key, record);
        await waits.after(key, outcome, Date.now());
      }),
    );
  }

  /** @param size how many of what is due it is about */
  #prepare(due: readonly LedgerEntry[], size: number, limits: OutsideLimits): Turn {
    const [entries, ahead] = [due.slice(0, size), due.slice(size)];
    const preparing = prepareCall(entries, this.#dependencies(limits), ahead);
    // Whoever makes the call meets its failure; what is not called any more has none. That the ledger is behind is told now: it has
    // been put right as far as this goes, so nobody would find out later where the call is not made.
    const ended: Promise<void> = preparing
      .then(
        ({ isBehind }) => {
          if (isBehind) this.dependencies.onBehind();
        },
        () => undefined,
      )
      .finally(() => this.#preparing.delete(ended));
    this.#preparing.add(ended);
    return { preparing, things: entries.length, ahead, sinceMs: performance.now() };
  }

  /** In the background: only the company's next outcomes wait for it. */
  #record(key: string, record: () => Promise<void>): void {
    const place = `${key} outcomes`; // of its own, so that a call that succeeds does not hide that they cannot be written
    const recording = this.#meeting(key, () => this.dependencies.failures.of(place, record)).finally(() => {
      this.#recordings.delete(key);
      if (!this.#calls.has(key)) this.dependencies.onEnd();
    });
    this.#recordings.set(key, recording);
  }

  async #meeting(key: string, work: () => Promise<void>): Promise<void> {
    const { call, stop } = this.dependencies;
    try {
      await work();
    } catch (error) {
      this.#next.delete(key);
      call.logger.warn('deliveries were broken off; they are asked about and tried again', {
        reactor: call.reactor.name,
        reason: reasonOf(error),
      });
      await pause(PAUSE_MS, stop);
    }
  }

  #dependencies(limits: OutsideLimits): CallDependencies {
    return { ...this.dependencies.call, limits };
  }
}

function nobody(): undefined {
  return undefined;
}
