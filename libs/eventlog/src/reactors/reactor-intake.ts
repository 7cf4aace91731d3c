import type { EventCatalogue } from '@samspill/contracts';
import { PlatformError, type Reactor } from '@samspill/kernel';
import { BackgroundLoop } from '../background-loop.js';
import { Failures } from '../failures.js';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log, PartitionEnds, RecordBatch, Subscription } from '../log.js';
import type { Logger } from '../logger.js';
import { PartitionIdentities } from '../partition-identities.js';
import { Backoff } from '../retry.js';
import { inProcess } from '../telemetry/messaging.js';
import type { GateState } from '../write-gate.js';
import type { DeliveryLedger, ReactorPosition } from './delivery-ledger.js';
import { foldReactions, thingsOf } from './fold-reactions.js';
import { notPlaced } from './position-faults.js';
import { reactTo } from './reactions.js';
import type { ReactorJournal } from './reactor-journal.js';
import type { Begun } from './reactor-state.js';
import type { RecentRecords } from './recent-records.js';

const RETRY = { firstMs: 200, maxMs: 5_000 };
/** Why a reactor is held whose ledger lacks what the log knows. */
const LEDGER_FROM_BEFORE =
  'The log knows of deliveries that its ledger does not: the database was put back from before. About what may have been sent since, the other side is asked first.';

export interface IntakeDependencies {
  /** Names the groups of readers. */
  readonly context: string;
  readonly ledger: DeliveryLedger;
  readonly journal: ReactorJournal;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly logger: Logger;
  /** Records that were just taken in, so that delivering them need not read them again. */
  readonly recent: RecentRecords;
  readonly gate: () => GateState;
  /** Name of the database's incarnation now. */
  readonly incarnation: () => Promise<string>;
  /** Something is to be delivered. */
  readonly wake: () => void;
}

/**
 * Takes what happens into a reactor's ledger. What is on the log about deliveries decides: where a ledger does not know of one, it was
 * lost or put back from before, and the reactor is held.
 */
export class ReactorIntake {
  readonly #failures = new Failures();
  readonly #types: ReadonlySet<string>;
  readonly #identities: PartitionIdentities;
  #subscription: Subscription | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Incarnation of the database whose ledger was found to be from before. */
  #foundOutIn: string | undefined;
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));

  constructor(
    private readonly reactor: Reactor,
    private readonly dependencies: IntakeDependencies,
  ) {
    this.#types = new Set(reactor.reads);
    this.#identities = new PartitionIdentities(dependencies.log);
  }

  /** Why it does not get on at the moment, if it does not. */
  get failure(): string | undefined {
    return this.#failures.current(Date.now());
  }

  /** Begins in the background: a log that is not there yet is waited for. */
  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#subscription?.stop();
    this.#subscription = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    while (!signal.aborted && !this.#subscription) {
      try {
        await this.#failures.of('', () => this.#subscribe());
      } catch (error) {
        const reason = this.#failures.met(error);
        this.dependencies.logger.warn('a reactor cannot read yet', { reactor: this.reactor.name, reason });
        await backoff.wait(signal);
      }
    }
  }

  async #subscribe(): Promise<void> {
    const { log, context, logger } = this.dependencies;
    const group = `${context}.reactor.${this.reactor.name}`;
    this.#subscription = await log.subscribe(group, this.reactor.topics, {
      position: (topic, partition) =>
        this.#failures.of(`${topic}/${partition}`, () => this.#position(topic, partition)),
      handle: (batch) =>
        this.#failures.of(`${batch.topic}/${batch.partition}`, () =>
          inProcess({ system: log.system, group, batch }, () => this.#handle(batch)),
        ),
      failed: (error) => {
        const reason = this.#failures.met(error);
        logger.warn('a reactor could not take in what happened and tries again', { group, reason });
      },
    });
  }

  /** Whether the ledger has all that is on the topics up to these ends. */
  async hasReached(ends: ReadonlyMap<string, readonly PartitionEnds[]>): Promise<boolean> {
    const positions = await this.dependencies.ledger.positions(this.reactor.name);
    return [...ends].every(([topic, partitions]) =>
      partitions.every(({ end }, partition) => {
        const position = positionIn(positions, topic, partition);
        return position !== undefined && position.nextOffset >= end;
      }),
    );
  }

  /** Ends of all topics, by topic. */
  async ends(): Promise<ReadonlyMap<string, readonly PartitionEnds[]>> {
    const { log } = this.dependencies;
    const ends = await Promise.all(
      this.reactor.topics.map(async (topic) => [topic, await log.ends(topic)] as const),
    );
    return new Map(ends);
  }

  /**
   * The log knows of deliveries that the ledger does not. Whoever finds out first, of all partitions and of those who deliver, says so: found
   * out again later, it would be held after a person has let it go.
   */
  async ledgerIsFromBefore(): Promise<void> {
    await this.#inTurn(async () => {
      const incarnation = await this.dependencies.incarnation();
      if (this.#foundOutIn !== incarnation) await this.#hold(LEDGER_FROM_BEFORE);
    });
  }

  /** Holds the reactor until a person lets it go, and lets nothing out before the other side has been asked about it. */
  async #hold(reason: string): Promise<void> {
    const { journal, ledger, logger, incarnation } = this.dependencies;
    const { name } = this.reactor;
    logger.warn('a reactor is held: its ledger is from before', { reactor: name, reason });
    await journal.write(name, ({ held }) =>
      held
        ? undefined
        : {
            name: 'reactor.held',
            data: { reactor: name, reason },
            record: { kind: 'reactor', step: 'held', reason },
          },
    );
    const ends = [...(await this.ends())].flatMap(([topic, partitions]) =>
      partitions.map(({ end }, partition) => ({ topic, partition, offset: end })),
    );
    await ledger.doubt(name, ends);
    this.#foundOutIn = await incarnation();
  }

  /** Where to read on. Partitions come all at once; what is found out for the first of a topic is found out for all of it. */
  async #position(topic: string, partition: number): Promise<bigint> {
    return await this.#inTurn(() => this.#findPosition(topic, partition));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return await result;
  }

  async #findPosition(topic: string, partition: number): Promise<bigint> {
    const { ledger, log, journal } = this.dependencies;
    const { name } = this.reactor;
    this.#requireGate();
    // In this order, since other instances go on: what has begun has its positions, and no position is beyond ends that are looked at later.
    const begun = (await journal.state(name)).begun.get(topic);
    const positions = await ledger.positions(name);
    const position = positionIn(positions, topic, partition);
    const ends = await log.ends(topic);
    const end = ends[partition];
    if (!end) throw new RangeError(`${topic} has no partition ${partition}`);
    this.#identities.begin(topic, partition, end);
    if (begun && position && isOf(position, end)) return position.nextOffset;
    if (!begun) await this.#begin(topic, ends, positions);
    else await this.#beginAgain(topic, ends, begun);
    const placed = positionIn(await ledger.positions(name), topic, partition);
    if (placed && isOf(placed, end)) return placed.nextOffset;
    throw notPlaced(name, { topic, partition });
  }

  /** The topic is new to the reactor. Positions come first: a death in between must not look like a loss. */
  async #begin(
    topic: string,
    ends: readonly PartitionEnds[],
    known: readonly ReactorPosition[],
  ): Promise<void> {
    const { ledger, journal } = this.dependencies;
    const { name, begins } = this.reactor;
    const positions = ends.map(({ begin, end, identity }, partition) => ({
      topic,
      partition,
      nextOffset: begins === 'now' ? end : begin,
      log: identity,
      askBefore: 0n,
    }));
    await ledger.place(name, positions);
    const from = positions.map((fresh) => {
      const { nextOffset, log } = positionIn(known, topic, fresh.partition) ?? fresh;
      const offset = nextOffset.toString();
      return { partition: fresh.partition, offset, ...(log !== undefined && { log }) };
    });
    await journal.write(name, ({ begun }) =>
      begun.has(topic) ? undefined : { name: 'reactor.begun', data: { reactor: name, topic, from } },
    );
  }

  /** Positions are gone, or of a log that is not there any more. */
  async #beginAgain(topic: string, ends: readonly PartitionEnds[], begun: Begun): Promise<void> {
    const { ledger } = this.dependencies;
    const { name, begins } = this.reactor;
    await this.#hold(
      `Its place in ${topic} is not known, or is of another log: the database or the topic has been replaced. What the log says was delivered is not sent again; about the rest the other side is asked first.`,
    );
    const positions = ends.map(({ begin, end, identity }, partition) => {
      const then = begun.from.find((one) => one.partition === partition);
      const isSameLog = then !== undefined && (then.log === undefined || then.log === identity);
      const nextOffset = begins === 'now' && isSameLog ? then.offset : begin;
      return { topic, partition, nextOffset, log: identity, askBefore: end };
    });
    await ledger.place(name, positions);
  }

  async #handle(batch: RecordBatch): Promise<void> {
    const { topic, partition, records } = batch;
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return;
    this.#requireGate();
    const { ledger, journal, catalogue, keys, recent } = this.dependencies;
    const { name } = this.reactor;
    const log = await this.#identities.of(topic, partition);
    const wanted = await this.#wanted(batch, log);
    const events = records.flatMap((record) => {
      const event = new Incoming(record, topic, partition, catalogue);
      if (!event.concerns(this.#types) || !wanted(record.timestampMs)) return [];
      recent.keep(event, record);
      return [event];
    });
    await keys?.unlock(events);
    const reactions = events.map((event) => ({ event, reaction: reactTo(this.reactor, event) }));
    const things = thingsOf(reactions);
    const told = await journal.outcomes(name, things);
    const found = { isBehind: false };
    await ledger.takeIn(
      name,
      things,
      (known, now, { nextOffset, askBefore }) => {
        const fresh = reactions.filter(({ event }) => event.offset >= nextOffset);
        const folded = foldReactions(fresh, known, told, ({ offset }) => ({
          now,
          asksFirst: offset < askBefore,
        }));
        // Where it is known already that the ledger was lost, this is what bringing it back looks like.
        found.isBehind = folded.isBehind && fresh.some(({ event }) => event.offset >= askBefore);
        return folded;
      },
      { topic, partition, from: first.offset, to: last.offset + 1n, log },
    );
    if (found.isBehind) await this.ledgerIsFromBefore();
    if (reactions.length > 0) this.dependencies.wake();
  }

  /** Whether a record of that time counts: on a topic made anew, offsets do not say any more what is from before the reactor began. */
  async #wanted({ topic, partition }: RecordBatch, log: string): Promise<(timestampMs: number) => boolean> {
    if (this.reactor.begins === 'first-event') return () => true;
    const begun = (await this.dependencies.journal.state(this.reactor.name)).begun.get(topic);
    const then = begun?.from.find((one) => one.partition === partition);
    if (!begun || then?.log === undefined || then.log === log) return () => true;
    const begunMs = Date.parse(begun.at);
    return (timestampMs) => timestampMs >= begunMs;
  }

  /** Before the store knows all that is on the log, nobody knows what has been delivered. */
  #requireGate(): void {
    if (this.dependencies.gate().state === 'open') return;
    throw new PlatformError(
      'eventlog.store-unverified',
      'The event store is being compared with the end of the log; reactors go on when they match.',
      true,
    );
  }
}

function positionIn(
  positions: readonly ReactorPosition[],
  topic: string,
  partition: number,
): ReactorPosition | undefined {
  return positions.find((one) => one.topic === topic && one.partition === partition);
}

/** Whether a position can be one of the log that is there. */
function isOf({ nextOffset, log }: ReactorPosition, end: PartitionEnds): boolean {
  if (log === undefined) return nextOffset <= end.end;
  return log === end.identity && nextOffset <= end.end;
}
