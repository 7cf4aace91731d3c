import type { EventCatalogue } from '@samspill/contracts';
import {
  isRejection,
  PlatformError,
  type Actor,
  type Decider,
  type DomainEvent,
  type Recorded,
  type Rejection,
} from '@samspill/kernel';
import type { EventPlace, EventStore, SqlStatement, StoredEvent } from './event-store.js';
import { MAX_STREAM_BYTES } from './codec.js';
import { Draft, sealDrafts, type SealedAppends } from './draft.js';
import { uuidv7 } from './ids.js';
import { locked } from './keys/event-keys.js';
import { keyIdOf, openValue } from './keys/sealed-value.js';
import type { FoundKey, SubjectKeys } from './keys/subject-keys.js';

/** Data of an event; with its headers, whose texts are bounded as well, it is then below what a log takes (`MAX_RECORD_BYTES`). */
export const MAX_EVENT_BYTES = 800 * 1024;

/** Who wants something, and in which request. */
export interface CommandContext {
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly now: Date;
  /** Names what is appended, where that has to be known again when it is tried twice; new ids unless given. */
  readonly eventId?: (stream: string, version: number) => string;
}

/** The last event of a stream, and the version that the next append has to expect. */
export interface Head {
  readonly version: number;
  readonly event: Recorded | undefined;
}

/** One piece of work on streams: what it loaded, and what it will append. */
export class Unit {
  readonly #appends = new Map<string, { readonly expectedVersion: number; readonly drafts: Draft[] }>();
  /** The last event of each stream that was loaded: what is appended names it by its hash. */
  readonly #last = new Map<string, StoredEvent>();
  /** Keys of events that were loaded, by id. */
  readonly #keys = new Map<string, FoundKey>();
  readonly statements: SqlStatement[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly catalogue: EventCatalogue,
    readonly context: CommandContext,
    /** Without them personal data is written as it is. */
    private readonly keys?: SubjectKeys,
  ) {}

  /** All events of a stream, decoded, with those that this unit will append. */
  async load(stream: string): Promise<readonly Recorded[]> {
    const stored = await this.store.read(stream);
    const last = stored.at(-1);
    if (last) this.#last.set(stream, last);
    await this.#lookUpKeys(stored);
    const drafts = this.#appends.get(stream)?.drafts ?? [];
    return [
      ...stored.map((event) => this.#decode(event)),
      ...drafts.map(({ event, json }) => this.#recorded(event, () => JSON.parse(json))),
    ];
  }

  /** One event of a stream; undefined where the stream has not come so far. */
  async eventAt(stream: string, version: number): Promise<Recorded | undefined> {
    const [stored] = await this.store.read(stream, version, 1);
    if (!stored) return undefined;
    await this.#lookUpKeys([stored]);
    return this.#decode(stored);
  }

  /** The last event of each stream, for streams whose events carry the full state; a stream without events has version 0. */
  async heads(streams: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    const stored = await this.store.heads(streams);
    await this.#lookUpKeys([...stored.values()]);
    const heads = new Map<string, Head>();
    for (const stream of streams) {
      const event = stored.get(stream);
      if (event) this.#last.set(stream, event);
      heads.set(
        stream,
        event ? { version: event.version, event: this.#decode(event) } : { version: 0, event: undefined },
      );
    }
    return heads;
  }

  /** Events at these places, those that there are, by `stream@version`. */
  async eventsAt(places: readonly EventPlace[]): Promise<ReadonlyMap<string, Recorded>> {
    const stored = await this.store.known(places);
    await this.#lookUpKeys([...stored.values()]);
    return new Map([...stored].map(([place, event]) => [place, this.#decode(event)]));
  }

  /** As {@link load} of several streams that this unit has not appended to; one without events is left out. */
  async histories(streams: readonly string[]): Promise<ReadonlyMap<string, readonly Recorded[]>> {
    const histories = new Map<string, readonly Recorded[]>();
    const stored = await this.store.histories(streams);
    await this.#lookUpKeys([...stored.values()].flat());
    for (const [stream, events] of stored) {
      const last = events.at(-1);
      if (last) this.#last.set(stream, last);
      histories.set(
        stream,
        events.map((event) => this.#decode(event)),
      );
    }
    return histories;
  }

  /** Names of the streams under a name such as `contacts.customer/<company>`, in one order, `limit` at a time. */
  async streamsUnder(under: string, after: string | undefined, limit: number): Promise<readonly string[]> {
    return (await this.store.streams({ under, after, limit }, {})).map(({ stream }) => stream);
  }

  /** Loads a stream, decides on it, and appends what was decided. */
  async decide<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    target: { readonly stream: string; readonly key: string },
    command: Command,
  ): Promise<{ readonly version: number; readonly state: State } | Rejection> {
    const history = await this.load(target.stream);
    let state = decider.initial();
    // The catalogue has checked each event against the schema of its type.
    for (const event of history) state = decider.evolve(state, event as unknown as Event);
    const outcome = decider.decide(command, state);
    if (isRejection(outcome)) return outcome;
    this.append(target, history.length, outcome);
    for (const event of outcome) state = decider.evolve(state, event);
    return { version: history.length + outcome.length, state };
  }

  /**
   * @param expectedVersion of the stream as {@link load} or {@link heads} gave it in this unit
   * @throws PlatformError `eventlog.event-too-large`, `eventlog.name-unusable`; TypeError for an event that is not in the manifest or
   *   does not fit its schema: once written, nobody could read it; and for a stream that was not loaded
   */
  append(
    target: { readonly stream: string; readonly key: string },
    expectedVersion: number,
    events: readonly DomainEvent[],
  ): void {
    if (events.length === 0) return;
    const known = this.#appends.get(target.stream);
    const entry = known ?? { expectedVersion, drafts: [] };
    if (!known) this.#requireLoaded(target.stream, expectedVersion);
    for (const event of events)
      entry.drafts.push(this.#draft(target, entry.expectedVersion + entry.drafts.length + 1, event));
    if (!known) this.#appends.set(target.stream, entry);
  }

  /** Commits or fails together with the append. */
  alongside(text: string, ...values: readonly unknown[]): void {
    this.statements.push({ text, values });
  }

  /** Whether anything was appended. */
  get isEmpty(): boolean {
    return this.#appends.size === 0;
  }

  /**
   * What was appended, as it is stored: with personal data sealed, and each event naming the one before it.
   */
  async sealed(): Promise<SealedAppends> {
    const appends = [...this.#appends].map(([stream, { expectedVersion, drafts }]) => {
      return { stream, expectedVersion, drafts, last: this.#last.get(stream) };
    });
    return await sealDrafts(appends, this.keys, [...this.#keys.values()]);
  }

  #requireLoaded(stream: string, expectedVersion: number): void {
    if ((this.#last.get(stream)?.version ?? 0) === expectedVersion) return;
    throw new TypeError(`${stream} has to be loaded at version ${expectedVersion} before it is appended to`);
  }

  #draft(
    target: { readonly stream: string; readonly key: string },
    version: number,
    event: DomainEvent,
  ): Draft {
    const definition = this.catalogue.definition(event.type);
    if (!definition) throw new TypeError(`${event.type} is not in the manifest of this context`);
    const checked = definition.schema.safeParse(event.data);
    if (!checked.success)
      throw new TypeError(
        `${event.type} of ${target.stream} does not fit its schema: ${checked.error.message}`,
      );
    const { actor, correlationId, causationId, traceparent, now, eventId } = this.context;
    checkNames({ stream: target.stream, key: target.key, actor, correlationId, causationId, traceparent });
    const draft = new Draft(
      {
        id: eventId?.(target.stream, version) ?? uuidv7(now.getTime()),
        stream: target.stream,
        version,
        type: event.type,
        schemaVersion: definition.version,
        key: target.key,
        time: now.toISOString(),
        actor,
        correlationId,
        causationId: causationId ?? correlationId,
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      event.data,
      definition,
      this.keys && this.catalogue.split(event.type),
    );
    if (draft.bytes > MAX_EVENT_BYTES) {
      throw new PlatformError(
        'eventlog.event-too-large',
        `${event.type} of ${target.stream} is ${draft.bytes} bytes; an event may have ${MAX_EVENT_BYTES}.`,
        false,
      );
    }
    return draft;
  }

  async #lookUpKeys(stored: readonly StoredEvent[]): Promise<void> {
    if (!this.keys) return;
    for (const [id, found] of await this.keys.of(stored)) this.#keys.set(id, found);
  }

  #decode(stored: StoredEvent): Recorded {
    const id = keyIdOf(stored.value);
    const found = id === undefined ? undefined : this.#keys.get(id);
    if (id !== undefined && !found) throw locked(stored.stream);
    const key = found?.open();
    return this.#recorded(stored, () => openValue(stored.value, key, stored));
  }

  #recorded(event: Omit<StoredEvent, 'value'>, parse: () => unknown): Recorded {
    const { id, stream, version, key, time, actor, correlationId, causationId, traceparent, type } = event;
    const decoded = this.catalogue.decodeWith(type, event.schemaVersion, parse);
    if (decoded.kind === 'event') {
      const meta = { id, stream, version, key, time, actor, correlationId, causationId };
      return { type, data: decoded.data, meta: traceparent === undefined ? meta : { ...meta, traceparent } };
    }
    const reason =
      decoded.kind === 'unreadable' ? decoded.reason : `${type} is not an event that this service knows`;
    throw new PlatformError('eventlog.unreadable-event', `${stream} version ${version}: ${reason}`, false);
  }
}

/** These are indexed, or headers on the log. */
function checkNames(names: Readonly<Record<string, string | undefined>>): void {
  for (const [name, text = ''] of Object.entries(names)) {
    const fault =
      Buffer.byteLength(text) > MAX_STREAM_BYTES
        ? `has more than ${MAX_STREAM_BYTES} bytes`
        : text.includes('\u0000')
          ? 'holds a NUL character'
          : undefined;
    if (fault !== undefined)
      throw new PlatformError('eventlog.name-unusable', `The ${name} ${text.slice(0, 100)} ${fault}.`, false);
  }
}
