import type { RedeliveryWindow } from '@samspill/contracts';
import type { Reactor } from '@samspill/kernel';
import type { LedgerEntry } from './delivery.js';
import type { LedgerQuery } from './delivery-ledger.js';
import { Deliverer } from './deliverer.js';
import { DEFAULT_LIMITS, type Outside } from './outside.js';
import { ReactorIntake } from './reactor-intake.js';
import type { ReactorJournal } from './reactor-journal.js';
import type { Held } from './reactor-state.js';
import { rateOf, standingOf, type KeyStatus, type ReactorStatus } from './reactor-status.js';
import type { ReactorsDependencies } from './reactors.js';
import { RecentRecords } from './recent-records.js';
import { Redelivering, type RedeliveryPreview } from './redelivering.js';
import { retryEntries, type UndeliveredDependencies } from './undelivered.js';

/** One reactor in one process: what takes in, and what delivers. */
export class ReactorProcess {
  readonly #intake: ReactorIntake;
  readonly #deliverer: Deliverer;
  readonly #redelivering: Redelivering;
  readonly #parts: UndeliveredDependencies;
  readonly #outside: Outside;

  constructor(
    readonly reactor: Reactor,
    outside: Outside,
    private readonly journal: ReactorJournal,
    { context, store, eventStore, log, catalogue, keys, logger, gate }: ReactorsDependencies,
  ) {
    const wake = (): void => {
      this.#deliverer.wake();
    };
    const parts = {
      ledger: store.deliveries,
      journal,
      log,
      catalogue,
      keys,
      logger,
      recent: new RecentRecords(),
    };
    this.#parts = parts;
    this.#outside = outside;
    const incarnation = (): Promise<string> => eventStore.incarnation();
    this.#intake = new ReactorIntake(reactor, { ...parts, context, gate, incarnation, wake });
    this.#redelivering = new Redelivering({ ...parts, reactor, wake });
    this.#deliverer = new Deliverer({
      ...parts,
      reactor,
      outside,
      limits: { ...DEFAULT_LIMITS, ...outside.limits },
      store,
      intake: this.#intake,
      redelivering: this.#redelivering,
      incarnation,
      gate,
    });
  }

  start(): void {
    this.#intake.start();
    this.#deliverer.start();
  }

  async stop(): Promise<void> {
    await this.#intake.stop();
    await this.#deliverer.stop();
  }

  wake(): void {
    this.#deliverer.wake();
  }

  async status(): Promise<ReactorStatus> {
    const { name, mayRedeliver } = this.reactor;
    const { held, ...stands } = await this.#stands();
    const counts = await this.#parts.ledger.counts(name);
    return { name, ...stands, ...(held && { held }), mayRedeliver, counts, rate: rateOf(counts) };
  }

  async statusOf(key: string): Promise<KeyStatus> {
    const { standing, waits, lag } = await this.#stands();
    const counts = await this.#parts.ledger.counts(this.reactor.name, key);
    const wait = waits.find((one) => one.key === key);
    return { standing, ...(wait && { wait }), lag, counts, rate: rateOf(counts) };
  }

  /** What is no lag any more has to be counted: whoever counts does so after it. */
  async #stands(): Promise<Pick<ReactorStatus, 'standing' | 'waits' | 'lag'> & { readonly held?: Held }> {
    const { name } = this.reactor;
    const lag = await this.#lag();
    const [{ held }, all] = await Promise.all([this.journal.state(name), this.#parts.ledger.waits(name)]);
    const waits = all
      .filter(({ until }) => Date.parse(until) > Date.now())
      .toSorted((a, b) => (a.until < b.until ? -1 : 1));
    const standing = standingOf(held, this.#intake.failure, this.#deliverer.state, waits);
    return { standing, waits, lag, ...(held && { held }) };
  }

  /** Whether the other side can be asked what it has. */
  get canAsk(): boolean {
    return this.#outside.lookUp !== undefined;
  }

  async page(query: LedgerQuery): Promise<readonly LedgerEntry[]> {
    return await this.#parts.ledger.page(this.reactor.name, query);
  }

  async entries(things: readonly string[]): Promise<ReadonlyMap<string, LedgerEntry>> {
    return await this.#parts.ledger.entries(this.reactor.name, things);
  }

  async retry(entries: readonly LedgerEntry[]): Promise<number> {
    const tried = await retryEntries(this.reactor, entries, this.#parts);
    this.wake();
    return tried;
  }

  async previewRedelivery(window: RedeliveryWindow, signal?: AbortSignal): Promise<RedeliveryPreview> {
    return await this.#redelivering.preview(window, signal);
  }

  async #lag(): Promise<number> {
    const positions = await this.#parts.ledger.positions(this.reactor.name);
    let lag = 0n;
    for (const [topic, partitions] of await this.#intake.ends()) {
      for (const [partition, { begin, end }] of partitions.entries()) {
        const next = positions.find((one) => one.topic === topic && one.partition === partition)?.nextOffset;
        lag += end - (next === undefined || next < begin ? begin : next);
      }
    }
    return Number(lag);
  }
}
