import type { RedeliveryWindow } from '@samspill/contracts';
import type { EventCatalogue } from '@samspill/contracts';
import { reasonOf, type Reactor } from '@samspill/kernel';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log, PartitionRange, RecordBatch } from '../log.js';
import type { Logger } from '../logger.js';
import { partitionOf } from '../partitioner.js';
import { Backoff } from '../retry.js';
import { isOpen, type LedgerEntry } from './delivery.js';
import type { DeliveryLedger } from './delivery-ledger.js';
import { foldReactions, thingsOf, type Reacting } from './fold-reactions.js';
import { reactTo } from './reactions.js';
import type { ReactorJournal } from './reactor-journal.js';
import type { ReactorState, RedeliveryRequest } from './reactor-state.js';

/** Events that are put into the ledger at a time: live intake of their partition waits for it. */
const CHUNK = 500;
/** Each attempt may read a partition from end to end; what has broken one off is often back within seconds. */
const RETRY = { firstMs: 1_000, maxMs: 5 * 60_000 };

export interface RedeliveringDependencies {
  readonly reactor: Reactor;
  readonly ledger: Pick<DeliveryLedger, 'entries' | 'add'>;
  readonly journal: Pick<ReactorJournal, 'outcomes' | 'write'>;
  readonly log: Pick<Log, 'ends' | 'read'>;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly logger: Logger;
  readonly wake: () => void;
}

/** What a window holds, and what of it would be sent. Things, except for events. */
export interface RedeliveryPreview {
  readonly events: number;
  readonly things: number;
  /** The other side has them in this version or a later one: not sent again. */
  readonly confirmed: number;
  /** To be delivered anyway. */
  readonly waiting: number;
  /** A later version of them is in the ledger, and refused: what the window says of them is out of date. */
  readonly outOfDate: number;
  readonly toDeliver: number;
  /** Some of the things that would be sent. */
  readonly samples: readonly string[];
}

const SAMPLES = 10;

/** What one thing comes to in a preview. */
type Fate = 'confirmed' | 'waiting' | 'outOfDate' | 'toDeliver';

/**
 * Has a reactor go over a window of the past again, through its ledger: what the other side has is not sent. Beginning anew after a death
 * comes to the same.
 */
export class Redelivering {
  #running: Promise<void> | undefined;
  /** Requests that this process is done with: the next look at the journal may be from before. */
  readonly #done = new Set<string>();
  readonly #backoff: Backoff;

  constructor(
    private readonly dependencies: RedeliveringDependencies,
    retry = RETRY,
  ) {
    this.#backoff = new Backoff(retry);
  }

  /** Goes on with what has been asked for, unless it is at it, or waits after it was broken off. */
  begin({ redeliveries }: ReactorState, signal: AbortSignal): void {
    const next = redeliveries.find(({ id, ended }) => ended === undefined && !this.#done.has(id));
    if (!next || this.#running || signal.aborted) return;
    this.#running = this.#attempt(next, signal).finally(() => {
      this.#running = undefined;
    });
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  /** What a redelivery would come to if it were asked for now. */
  async preview(window: RedeliveryWindow, signal?: AbortSignal): Promise<RedeliveryPreview> {
    const { ledger, journal, reactor } = this.dependencies;
    const fates = new Map<string, Fate>();
    let events = 0;
    await this.#read(window, signal, async (reactions) => {
      events += reactions.length;
      const things = thingsOf(reactions);
      const known = await ledger.entries(reactor.name, things);
      const told = await journal.outcomes(reactor.name, things);
      const { put } = foldReactions(reactions, known, told, () => ({
        now: new Date(),
        retriesRefused: true,
      }));
      const after = new Map(put.map((entry) => [entry.thing, entry]));
      for (const thing of things) fates.set(thing, fateOf(known.get(thing), after.get(thing)));
    });
    const count = (fate: Fate): number => [...fates.values()].filter((one) => one === fate).length;
    const toDeliver = [...fates].filter(([, fate]) => fate === 'toDeliver').map(([thing]) => thing);
    return {
      events,
      things: fates.size,
      confirmed: count('confirmed'),
      waiting: count('waiting'),
      outOfDate: count('outOfDate'),
      toDeliver: toDeliver.length,
      samples: toDeliver.slice(0, SAMPLES),
    };
  }

  async #attempt(request: RedeliveryRequest, signal: AbortSignal): Promise<void> {
    const { logger, reactor } = this.dependencies;
    try {
      await this.#run(request, signal);
      this.#backoff.reset();
    } catch (error) {
      const reason = reasonOf(error);
      logger.warn('a redelivery was broken off and begins anew', { reactor: reactor.name, reason });
      await this.#backoff.wait(signal);
    }
  }

  async #run({ id, window, verifies }: RedeliveryRequest, signal: AbortSignal): Promise<void> {
    const { ledger, journal, reactor } = this.dependencies;
    const [things, toDeliver] = [new Set<string>(), new Set<string>()];
    let events = 0;
    await this.#read(window, signal, async (reactions, { topic, partition }) => {
      const about = thingsOf(reactions);
      const told = await journal.outcomes(reactor.name, about);
      await ledger.add(
        reactor.name,
        about,
        (known, now) => {
          const folded = foldReactions(reactions, known, told, () => ({
            now,
            retriesRefused: true,
            asksConfirmed: verifies,
          }));
          for (const entry of folded.put)
            if (fateOf(known.get(entry.thing), entry) === 'toDeliver') toDeliver.add(entry.thing);
          return folded;
        },
        { topic, partition },
      );
      for (const thing of about) things.add(thing);
      events += reactions.length;
      this.dependencies.wake();
    });
    if (signal.aborted) return;
    const counts = { events, things: things.size, toDeliver: toDeliver.size };
    await journal.write(reactor.name, ({ redeliveries }) =>
      redeliveries.some((one) => one.id === id && one.ended)
        ? undefined
        : {
            name: 'reactor.redelivery-ended',
            data: { reactor: reactor.name, request: id, ...counts },
            record: { kind: 'redelivery', step: 'ended', operation: id, counts },
          },
    );
    this.#done.add(id);
  }

  async #read(
    window: RedeliveryWindow,
    signal: AbortSignal | undefined,
    handle: (reactions: readonly Reacting[], batch: RecordBatch) => Promise<void>,
  ): Promise<void> {
    const { reactor, log, catalogue, keys } = this.dependencies;
    const types = new Set(reactor.reads);
    const isIn = inWindow(window);
    const ranges: PartitionRange[] = [];
    for (const topic of reactor.topics) {
      const ends = await log.ends(topic);
      for (const [partition, { begin, end }] of ends.entries()) {
        const { company } = window;
        if (company !== undefined && partitionOf(company, ends.length) !== partition) continue;
        if (begin < end) ranges.push({ topic, partition, from: begin, to: end });
      }
    }
    await log.read(
      ranges,
      async (batch) => {
        const events = batch.records.flatMap((record) => {
          const event = new Incoming(record, batch.topic, batch.partition, catalogue);
          return event.concerns(types) && isIn(event, record.timestampMs) ? [event] : [];
        });
        await keys?.unlock(events);
        const reactions = events.map((event) => ({ event, reaction: reactTo(reactor, event) }));
        for (let at = 0; at < reactions.length; at += CHUNK)
          await handle(reactions.slice(at, at + CHUNK), batch);
      },
      signal,
    );
  }
}

function inWindow({
  company,
  streams,
  from,
  to,
}: RedeliveryWindow): (event: Incoming, timestampMs: number) => boolean {
  const wanted = streams && new Set(streams);
  const fromMs = from === undefined ? -Infinity : Date.parse(from);
  const toMs = to === undefined ? Infinity : Date.parse(to);
  return (event, timestampMs) =>
    timestampMs >= fromMs &&
    timestampMs < toMs &&
    wanted?.has(event.stream) !== false &&
    (company === undefined || event.stored.key === company);
}

function fateOf(before: LedgerEntry | undefined, after: LedgerEntry | undefined): Fate {
  const entry = after ?? before;
  if (!entry) return 'outOfDate'; // the log knows of a later version, whose event is outside the window
  if (isOpen(entry))
    return before && isOpen(before) && before.version === entry.version ? 'waiting' : 'toDeliver';
  return entry.state === 'confirmed' ? 'confirmed' : 'outOfDate';
}
