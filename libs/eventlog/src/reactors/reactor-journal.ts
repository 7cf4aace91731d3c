import { reactorEventSchemas } from '@samspill/contracts';
import { PlatformError, streamName, type Actor, type DomainEvent } from '@samspill/kernel';
import type { z } from 'zod';
import type { AuditTrail, Recordable } from '../audit/audit-trail.js';
import type { EventStore, StoredEvent } from '../event-store.js';
import { uuidv7 } from '../ids.js';
import type { CommandContext, Unit } from '../unit.js';
import type { ToldOutcome } from './delivery.js';
import { afterEvent, noReactorState, type ReactorState } from './reactor-state.js';

type EventName = keyof typeof reactorEventSchemas;
type DataOf<Name extends EventName> = z.infer<(typeof reactorEventSchemas)[Name]>;

export interface JournalDependencies {
  readonly context: string;
  readonly eventStore: EventStore;
  readonly audit: Pick<AuditTrail, 'within'>;
  /** In whose name the service itself writes. */
  readonly self: Actor;
  readonly transact: <T>(context: CommandContext, work: (unit: Unit) => Promise<T>) => Promise<T>;
}

/** Something to be written about a reactor, and how it goes on record. */
export interface Writing {
  readonly name: EventName;
  readonly data: object;
  readonly record?: Omit<Recordable, 'scope'>;
}

/** An outcome to be told to the log. */
export interface Outcome {
  readonly thing: string;
  readonly key: string;
  readonly version: number;
  readonly attempt: number;
  readonly result:
    | { readonly kind: 'confirmed'; readonly reference?: string }
    | { readonly kind: 'failed'; readonly code: string };
}

/**
 * What a service has on the log about its reactors: when they began, whether they are held, what was delivered. A ledger that was lost is
 * made again from it, and one that was put back from before is found out.
 */
export class ReactorJournal {
  readonly #known = new Map<string, ReactorState>();

  constructor(private readonly dependencies: JournalDependencies) {}

  /** How a reactor stands, as far as the service's event store knows now. */
  async state(reactor: string): Promise<ReactorState> {
    const { eventStore } = this.dependencies;
    const stream = this.#stream(reactor);
    let state = this.#known.get(reactor) ?? noReactorState;
    const head = (await eventStore.heads([stream])).get(stream);
    if ((head?.version ?? 0) <= state.version) return state;
    for (const event of await eventStore.read(stream, state.version + 1))
      state = afterEvent(state, this.#decode(event), event);
    this.#known.set(reactor, state);
    return state;
  }

  /**
   * Writes about a reactor what `decide` makes of its state, and puts on record what that is.
   * @param by the service itself unless given
   */
  async write(
    reactor: string,
    decide: (state: ReactorState) => Writing | undefined,
    by?: CommandContext,
  ): Promise<void> {
    const { transact, audit } = this.dependencies;
    const stream = this.#stream(reactor);
    await transact(by ?? this.#own(), async (unit) => {
      const { version } = (await unit.heads([stream])).get(stream) ?? { version: 0 };
      const writing = decide(await this.state(reactor));
      if (!writing) return;
      unit.append({ stream, key: reactor }, version, [this.#event(writing.name, writing.data)]);
      if (writing.record) await audit.within(unit, { ...writing.record, scope: { reactor } });
    });
  }

  /** The last outcome of each thing that has any. */
  async outcomes(reactor: string, things: readonly string[]): Promise<ReadonlyMap<string, ToldOutcome>> {
    if (things.length === 0) return new Map();
    const streams = new Map(things.map((thing) => [this.outcomeStream(reactor, thing), thing]));
    const heads = await this.dependencies.eventStore.heads([...streams.keys()]);
    const outcomes = new Map<string, ToldOutcome>();
    for (const [stream, event] of heads) {
      const thing = streams.get(stream);
      if (thing !== undefined) outcomes.set(thing, this.#outcome(event));
    }
    return outcomes;
  }

  /** Tells outcomes to the log: from then on they hold, whatever becomes of the ledger. */
  async tell(reactor: string, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await this.dependencies.transact(this.#own(), async (unit) => {
      const streams = outcomes.map(({ thing }) => this.outcomeStream(reactor, thing));
      const heads = await unit.heads(streams);
      for (const [index, { thing, key, version, attempt, result }] of outcomes.entries()) {
        const stream = streams[index] ?? '';
        const data = { reactor, thing, version, attempt };
        const event =
          result.kind === 'confirmed'
            ? this.#event('delivery.confirmed', {
                ...data,
                ...(result.reference !== undefined && { reference: result.reference }),
              })
            : this.#event('delivery.failed', { ...data, code: result.code });
        unit.append({ stream, key }, heads.get(stream)?.version ?? 0, [event]);
      }
    });
  }

  outcomeStream(reactor: string, thing: string): string {
    return streamName(`${this.dependencies.context}.delivery`, reactor, thing);
  }

  #stream(reactor: string): string {
    return streamName(`${this.dependencies.context}.reactor`, reactor);
  }

  #event(name: EventName, data: object): DomainEvent {
    return { type: `${this.dependencies.context}.${name}`, data };
  }

  #own(): CommandContext {
    return { actor: this.dependencies.self, correlationId: uuidv7(), now: new Date() };
  }

  #outcome(event: StoredEvent): ToldOutcome {
    const { name, data } = this.#decode(event);
    const { time } = event;
    if (name === 'delivery.confirmed') {
      const { version, attempt, reference } = data;
      return { kind: 'confirmed', version, attempt, time, ...(reference !== undefined && { reference }) };
    }
    if (name === 'delivery.failed') {
      const { version, attempt, code } = data;
      return { kind: 'failed', version, attempt, time, code };
    }
    throw unreadable(event, 'it is no outcome');
  }

  #decode(event: StoredEvent): JournalEntry {
    const name = event.type.slice(this.dependencies.context.length + 1);
    const read = readers
      .find((reader) => reader.name === name)
      ?.read(JSON.parse(event.value.toString('utf8')));
    if (read) return read;
    throw unreadable(event, 'its type is not known, or its data do not fit it');
  }
}

/** An event about a reactor, by the part of its type after the context. */
export type JournalEntry = {
  [Name in EventName]: { readonly name: Name; readonly data: DataOf<Name> };
}[EventName];

interface Reader {
  readonly name: string;
  readonly read: (data: unknown) => JournalEntry | undefined;
}

const readers: readonly Reader[] = [
  reader('reactor.begun', (data) => ({ name: 'reactor.begun', data })),
  reader('reactor.held', (data) => ({ name: 'reactor.held', data })),
  reader('reactor.released', (data) => ({ name: 'reactor.released', data })),
  reader('reactor.redelivery-requested', (data) => ({ name: 'reactor.redelivery-requested', data })),
  reader('reactor.redelivery-ended', (data) => ({ name: 'reactor.redelivery-ended', data })),
  reader('delivery.confirmed', (data) => ({ name: 'delivery.confirmed', data })),
  reader('delivery.failed', (data) => ({ name: 'delivery.failed', data })),
];

function reader<Name extends EventName>(name: Name, entry: (data: DataOf<Name>) => JournalEntry): Reader {
  // The schemas are of one map, so that the one under a name parses to what that name has.
  const schema: z.ZodType = reactorEventSchemas[name];
  return {
    name,
    read: (data) => {
      const parsed = schema.safeParse(data);
      return parsed.success ? entry(parsed.data as DataOf<Name>) : undefined;
    },
  };
}

function unreadable({ stream, version }: StoredEvent, why: string): PlatformError {
  return new PlatformError(
    'eventlog.unreadable-event',
    `${stream} version ${version} cannot be read: ${why}.`,
    false,
  );
}
