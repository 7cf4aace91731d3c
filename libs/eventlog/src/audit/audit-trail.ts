import { operationRecorded, type EventDefinition, type OperationRecorded } from '@samspill/contracts';
import { isRejection, PlatformError, reasonOf, streamName, type Actor } from '@samspill/kernel';
import { BackgroundLoop } from '../background-loop.js';
import type { EventStore, StoredEvent } from '../event-store.js';
import { uuidv7 } from '../ids.js';
import type { Logger } from '../logger.js';
import type { CommandContext, Unit } from '../unit.js';
import type { AuditNote, AuditNotes } from './audit-note.js';

/** Record key of what is no company's. */
const KEY = 'operations';
/** How often a process looks for notes that another one has left behind, or that could not be written. */
const POLL_MS = 1_000;
const NOTES_AT_ONCE = 100;
/** Entries are looked through so many at a time. */
const PAGE = 200;
/** Clocks of two instances may differ by this much at most, when it is told whether an entry may be older than a note. */
const CLOCK_SKEW_MS = 300_000;

/** What somebody did, as they say it; the rest of an entry is added. */
export interface Recordable extends Pick<OperationRecorded, 'kind' | 'step'> {
  /** What belongs together; the request's own id unless given. */
  readonly operation?: string;
  readonly scope?: Readonly<Record<string, string>>;
  readonly counts?: Readonly<Record<string, number>>;
  readonly keys?: readonly string[];
  readonly reason?: string;
  readonly failure?: string;
}

/** An entry as it is on the log. */
export interface AuditEntry extends OperationRecorded {
  readonly actor: Actor;
  readonly correlationId: string;
  /** Of the stream of entries: a page goes on before it. */
  readonly version: number;
}

export interface AuditQuery {
  /** RFC 3339; entries of things that happened at this time or later. */
  readonly since?: string | undefined;
  /** RFC 3339; before this time. */
  readonly until?: string | undefined;
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly operation?: string | undefined;
  /** {@link AuditPage.next} of the page before. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Absent at the end. */
  readonly next?: number;
}

export interface AuditDependencies {
  readonly context: string;
  readonly eventStore: EventStore;
  readonly notes: AuditNotes;
  readonly logger: Logger;
  readonly transact: (context: CommandContext, work: (unit: Unit) => Promise<boolean>) => Promise<boolean>;
}

/**
 * Who did what to a service, why, and what came of it: events of the service itself, in one stream of its own topic, which come back with
 * everything else when the database is lost.
 *
 * A note is put into the database first, in the transaction of what it is about where there is one, and written to the log from there: also
 * while a database that is being restored lets nobody write. Each note ends up on the log once.
 */
export class AuditTrail {
  readonly #definition: EventDefinition<string, OperationRecorded>;
  readonly #stream: string;
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));

  constructor(private readonly dependencies: AuditDependencies) {
    this.#definition = operationRecorded(dependencies.context);
    this.#stream = streamName(`${dependencies.context}.operations`, 'audit');
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Writes waiting notes now rather than at the next look. */
  wake(): void {
    this.#loop.wake();
  }

  /** Returns when it is certain that the entry will be on the log. */
  async record(what: Recordable, by: CommandContext): Promise<void> {
    await this.dependencies.notes.put(noteOf(what, by));
    this.#loop.wake();
  }

  /** Appends the entry together with what else the unit appends. */
  async within(unit: Unit, what: Recordable): Promise<void> {
    this.#append(unit, await this.#end(unit), noteOf(what, unit.context).data);
  }

  /**
   * Records that something is begun, does it, and records what came of it: `finished` with its counts, `refused` or `failed` with a code.
   * Where it is begun and nothing after, the process has died in between.
   */
  async around<T>(
    what: Omit<Recordable, 'step'>,
    by: CommandContext,
    work: () => Promise<T>,
    outcome: (result: T) => Pick<Recordable, 'counts' | 'keys'>,
  ): Promise<T> {
    await this.record({ ...what, step: 'begun' }, by);
    const { reason: _said, ...again } = what;
    try {
      const result = await work();
      const ended = isRejection(result)
        ? { step: 'refused', failure: result.code }
        : { step: 'finished', ...outcome(result) };
      await this.record({ ...again, ...ended }, { ...by, now: new Date() });
      return result;
    } catch (error) {
      await this.record(
        { ...again, step: 'failed', failure: failureCode(error) },
        { ...by, now: new Date() },
      );
      throw error;
    }
  }

  /** What is on record, newest first. */
  async page(query: AuditQuery): Promise<AuditPage> {
    const entries: AuditEntry[] = [];
    for await (const { event, entry } of this.#backwards(query.before)) {
      // Nothing is written before it happened.
      if (query.since !== undefined && Date.parse(event.time) < Date.parse(query.since)) break;
      if (!matches(entry, query)) continue;
      if (entries.length === query.limit) return { entries, next: entries.at(-1)?.version ?? 0 };
      entries.push(entry);
    }
    return { entries };
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let left = 0;
      try {
        const notes = await this.dependencies.notes.waiting(NOTES_AT_ONCE);
        for (const note of notes) await this.#write(note);
        left = notes.length;
      } catch (error) {
        this.dependencies.logger.debug('what was done cannot be written to the log yet', {
          reason: reasonOf(error),
        });
      }
      if (left < NOTES_AT_ONCE) await this.#loop.sleep(POLL_MS);
    }
  }

  async #write({ by, correlationId, data }: AuditNote): Promise<void> {
    const { transact, notes } = this.dependencies;
    await transact({ actor: by, correlationId, now: new Date() }, async (unit) => {
      // The end before the look: whoever writes the note between the two makes this append too late, and it is looked up again.
      const version = await this.#end(unit);
      if (!(await this.#isWritten(data))) this.#append(unit, version, data);
      return true;
    });
    await notes.drop(data.id);
  }

  /** Whether the note has been written by a process that could not say so any more, or before the database was put back. */
  async #isWritten({ id, at }: OperationRecorded): Promise<boolean> {
    for await (const { event, entry } of this.#backwards()) {
      if (entry.id === id) return true;
      if (Date.parse(event.time) < Date.parse(at) - CLOCK_SKEW_MS) return false;
    }
    return false;
  }

  async #end(unit: Unit): Promise<number> {
    return (await unit.heads([this.#stream])).get(this.#stream)?.version ?? 0;
  }

  #append(unit: Unit, version: number, data: OperationRecorded): void {
    unit.append({ stream: this.#stream, key: KEY }, version, [{ type: this.#definition.type, data }]);
  }

  async *#backwards(before?: number): AsyncGenerator<{ event: StoredEvent; entry: AuditEntry }> {
    const { eventStore } = this.dependencies;
    const head = (await eventStore.heads([this.#stream])).get(this.#stream)?.version ?? 0;
    let end = Math.min(before ?? head + 1, head + 1);
    while (end > 1) {
      const from = Math.max(1, end - PAGE);
      const events = await eventStore.read(this.#stream, from, end - from);
      for (const event of events.toReversed()) yield { event, entry: this.#entry(event) };
      end = from;
    }
  }

  /** @throws PlatformError `eventlog.unreadable-event` */
  #entry(event: StoredEvent): AuditEntry {
    const parsed = this.#definition.schema.safeParse(JSON.parse(event.value.toString('utf8')));
    if (!parsed.success)
      throw new PlatformError(
        'eventlog.unreadable-event',
        `${event.stream} version ${event.version} cannot be read: ${parsed.error.message}`,
        false,
      );
    const { actor, correlationId, version } = event;
    return { ...parsed.data, actor, correlationId, version };
  }
}

/** @param by who did it, and when */
export function noteOf(what: Recordable, by: CommandContext): AuditNote {
  const { kind, step, operation, scope = {}, counts = {}, keys = [], reason, failure } = what;
  return {
    by: by.actor,
    correlationId: by.correlationId,
    data: {
      id: uuidv7(),
      operation: operation ?? by.causationId ?? by.correlationId,
      kind,
      step,
      at: by.now.toISOString(),
      scope,
      counts,
      keys,
      ...(reason !== undefined && { reason }),
      ...(failure !== undefined && { failure }),
    },
  };
}

/** What kept something from being done, without the words, which may hold what rows say. */
export function failureCode(error: unknown): string {
  if (error instanceof PlatformError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

function matches(entry: AuditEntry, { since, until, actor, kind, operation }: AuditQuery): boolean {
  const atMs = Date.parse(entry.at);
  return (
    (since === undefined || atMs >= Date.parse(since)) &&
    (until === undefined || atMs < Date.parse(until)) &&
    (actor === undefined || entry.actor === actor) &&
    (kind === undefined || entry.kind === kind) &&
    (operation === undefined || entry.operation === operation)
  );
}
