import { redeliveryWindow, type EventCatalogue, type RedeliveryWindow } from '@samspill/contracts';
import { isRejection, reject, type Actor, type Reactor, type Rejection } from '@samspill/kernel';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { EventStore } from '../event-store.js';
import { uuidv7 } from '../ids.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log } from '../log.js';
import type { Logger } from '../logger.js';
import type { ProjectionStore } from '../projection-store.js';
import type { CommandContext, Unit } from '../unit.js';
import type { GateState } from '../write-gate.js';
import type { LedgerEntry } from './delivery.js';
import type { Outsides } from './outside.js';
import { ReactorJournal } from './reactor-journal.js';
import { ReactorProcess } from './reactor-process.js';
import type { RedeliveryRequest } from './reactor-state.js';
import type { KeyStatus, ReactorStatus } from './reactor-status.js';
import type { RedeliveryPreview } from './redelivering.js';

/** Most deliveries that one request deals with; a caller goes on with the next ones. */
export const MAX_DELIVERIES_AT_ONCE = 500;

export interface ReactorsDependencies {
  readonly context: string;
  readonly reactors: readonly Reactor[];
  readonly outsides: Outsides;
  readonly eventStore: EventStore;
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly logger: Logger;
  readonly self: Actor;
  readonly audit: AuditTrail;
  readonly gate: () => GateState;
  readonly transact: <T>(context: CommandContext, work: (unit: Unit) => Promise<T>) => Promise<T>;
}

/** Which of the deliveries that were refused are meant. */
export type UndeliveredSelection =
  | { readonly things: readonly string[] }
  /** All, or all of a company, {@link MAX_DELIVERIES_AT_ONCE} at a time, in the order of their names from `after` on. */
  | { readonly after?: string | undefined; readonly company?: string };

export interface RedeliveryOptions {
  /** What the other side is said to have is asked about as well, and sent if it lacks it. */
  readonly verifies?: boolean;
  /** Refused while another redelivery of the window's company is not over: each reads the log, and there is nothing in a second. */
  readonly isAlone?: boolean;
}

export interface RetryOutcome {
  readonly tried: number;
  /** The thing after which to go on, where all were meant and there are more. */
  readonly next?: string;
}

/** What an operator sees of a service's reactors, and does about them. */
export class Reactors {
  readonly #journal: ReactorJournal;
  readonly #processes: ReadonlyMap<string, ReactorProcess>;

  /** @throws TypeError where a reactor has no outside, an outside has no reactor, or two reactors have one name */
  constructor(dependencies: ReactorsDependencies) {
    const { reactors, outsides, context, eventStore, audit, self, transact } = dependencies;
    this.#journal = new ReactorJournal({ context, eventStore, audit, self, transact });
    const processes = new Map<string, ReactorProcess>();
    for (const reactor of reactors) {
      const outside = outsides[reactor.name];
      if (!outside) throw new TypeError(`${reactor.name} has no outside to deliver to`);
      if (processes.has(reactor.name)) throw new TypeError(`there are two reactors ${reactor.name}`);
      processes.set(reactor.name, new ReactorProcess(reactor, outside, this.#journal, dependencies));
    }
    const stray = Object.keys(outsides).find((name) => !processes.has(name));
    if (stray !== undefined) throw new TypeError(`there is an outside ${stray}, but no such reactor`);
    this.#processes = processes;
  }

  get names(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** Begins in the background. */
  start(): void {
    for (const process of this.#processes.values()) process.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.stop()));
  }

  async statuses(): Promise<readonly ReactorStatus[]> {
    return await Promise.all([...this.#processes.values()].map((process) => process.status()));
  }

  /** How a reactor stands with one company. */
  async statusOf(name: string, key: string): Promise<KeyStatus | Rejection> {
    const process = this.#find(name);
    return isRejection(process) ? process : await process.statusOf(key);
  }

  /** Nothing more is delivered until {@link release}; what happens is taken in meanwhile. Says whether it was held before. */
  async hold(name: string, reason: string, by: CommandContext): Promise<Rejection | undefined> {
    return await this.#heldOrNot(name, 'held', reason, by);
  }

  async release(name: string, reason: string, by: CommandContext): Promise<Rejection | undefined> {
    return await this.#heldOrNot(name, 'released', reason, by);
  }

  /** What the other side has refused, and events that no deliveries could be made of; by the names of their things. */
  async undelivered(
    name: string,
    {
      after,
      limit,
      company,
    }: { readonly after?: string | undefined; readonly limit: number; readonly company?: string | undefined },
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly next?: string } | Rejection> {
    const process = this.#find(name);
    if (isRejection(process)) return process;
    const entries = await process.page({ states: ['refused'], key: company, after, limit: limit + 1 });
    const page = entries.slice(0, limit);
    const last = page.at(-1);
    return { entries: page, ...(entries.length > limit && last && { next: last.thing }) };
  }

  /** Has what was refused tried again. Things that are not refused are named, and then nothing is done. */
  async retry(name: string, selection: UndeliveredSelection): Promise<RetryOutcome | Rejection> {
    const process = this.#find(name);
    if (isRejection(process)) return process;
    if ('things' in selection) {
      const known = await process.entries(selection.things);
      const missing = selection.things.filter((thing) => known.get(thing)?.state !== 'refused');
      if (missing.length > 0)
        return reject(
          'reactor.delivery-not-found',
          `${name} has not been refused: ${missing.join(', ')}. Nothing was done.`,
        );
      return { tried: await process.retry([...known.values()]) };
    }
    const { after, company } = selection;
    const page = await this.undelivered(name, { after, company, limit: MAX_DELIVERIES_AT_ONCE });
    if (isRejection(page)) return page;
    const tried = await process.retry(page.entries);
    return { tried, ...(page.next !== undefined && { next: page.next }) };
  }

  /** What a redelivery would come to. @param signal gives it up */
  async previewRedelivery(
    name: string,
    window: RedeliveryWindow,
    signal?: AbortSignal,
  ): Promise<RedeliveryPreview | Rejection> {
    const process = this.#redeliverable(name, window);
    return isRejection(process) ? process : await process.previewRedelivery(window, signal);
  }

  /** Writes down that a window of the past is to be gone over again; the reactor does so as soon as it is not held. */
  async redeliver(
    name: string,
    window: RedeliveryWindow,
    reason: string,
    by: CommandContext,
    { verifies = false, isAlone = false }: RedeliveryOptions = {},
  ): Promise<RedeliveryRequest | Rejection> {
    const process = this.#redeliverable(name, window);
    if (isRejection(process)) return process;
    if (verifies && !process.canAsk)
      return reject('reactor.cannot-ask', `The other side of ${name} cannot be asked what it has.`);
    const request = uuidv7();
    let refusal: Rejection | undefined;
    await this.#journal.write(
      name,
      ({ redeliveries }) => {
        refusal = isAlone ? refusalBesides(openOf(redeliveries, window.company)) : undefined;
        if (refusal) return undefined;
        return {
          name: 'reactor.redelivery-requested' as const,
          data: { reactor: name, request, window, ...(verifies && { verifies }), reason },
          record: { kind: 'redelivery', step: 'requested', operation: request, reason },
        };
      },
      by,
    );
    if (refusal) return refusal;
    process.wake();
    const requestedAt = by.now.toISOString();
    return { id: request, window, verifies, reason, by: by.actor, requestedAt };
  }

  /** Refused while a redelivery of the company is not over. */
  async mayRedeliverAlone(name: string, company: string): Promise<Rejection | undefined> {
    const redeliveries = await this.redeliveries(name);
    return isRejection(redeliveries) ? redeliveries : refusalBesides(openOf(redeliveries, company));
  }

  /** Newest first. */
  async redeliveries(name: string): Promise<readonly RedeliveryRequest[] | Rejection> {
    const process = this.#find(name);
    if (isRejection(process)) return process;
    return (await this.#journal.state(name)).redeliveries.toReversed();
  }

  async #heldOrNot(
    name: string,
    wish: 'held' | 'released',
    reason: string,
    by: CommandContext,
  ): Promise<Rejection | undefined> {
    const process = this.#find(name);
    if (isRejection(process)) return process;
    let refusal: Rejection | undefined;
    await this.#journal.write(
      name,
      ({ held }) => {
        refusal = (held !== undefined) === (wish === 'held') ? alreadySo(name, wish) : undefined;
        if (refusal) return undefined;
        const data = { reactor: name, reason };
        return { name: `reactor.${wish}` as const, data, record: { kind: 'reactor', step: wish, reason } };
      },
      by,
    );
    process.wake();
    return refusal;
  }

  #redeliverable(name: string, window: RedeliveryWindow): ReactorProcess | Rejection {
    const process = this.#find(name);
    if (isRejection(process)) return process;
    if (!process.reactor.mayRedeliver)
      return reject(
        'reactor.redelivery-not-allowed',
        `${name} is not among the reactors that may deliver the past again.`,
      );
    const { company, streams, from, to } = redeliveryWindow.parse(window);
    if (company ?? streams ?? from ?? to) return process;
    return reject('reactor.window-missing', 'Say what of the past: a company, streams, a time from or to.');
  }

  #find(name: string): ReactorProcess | Rejection {
    const process = this.#processes.get(name);
    if (process) return process;
    const known = this.names.length === 0 ? 'none' : this.names.join(', ');
    return reject('reactor.not-found', `There is no reactor ${name}; there are ${known}.`);
  }
}

function openOf(
  redeliveries: readonly RedeliveryRequest[],
  company: string | undefined,
): RedeliveryRequest | undefined {
  return redeliveries.find(({ window, ended }) => window.company === company && ended === undefined);
}

function refusalBesides(open: RedeliveryRequest | undefined): Rejection | undefined {
  return (
    open &&
    reject(
      'reactor.redelivery-conflict',
      `What has been delivered is being gone over again already, as ${open.by} asked for at ${open.requestedAt}: «${open.reason}». Ask again when that is over.`,
    )
  );
}

function alreadySo(name: string, wish: 'held' | 'released'): Rejection {
  return reject(
    'reactor.state-conflict',
    wish === 'held' ? `${name} is held already.` : `${name} is not held.`,
  );
}
