import type {
  ContactKind,
  ContactRecord,
  IntakeCounts,
  RecordEvent,
  RejectionEvent,
} from '@samspill/contracts';
import type { Recorded, CompanyId, Fault } from '@samspill/kernel';
import type { Head, Unit } from '@samspill/eventlog';
import { forgottenChange, FORGOTTEN_FAULT, isForgottenFault } from '../record/forgotten-record.js';
import { recordDecider, recordStream, type RecordState } from '../record/record.decider.js';
import {
  rejectionDecider,
  rejectionStream,
  type RejectionCommand,
  type RejectionState,
} from '../record/rejection.decider.js';

export interface RecordReference {
  readonly kind: ContactKind;
  /** Its number, or a reference made of what was sent. */
  readonly reference: string;
}

export interface RejectedChange extends RecordReference {
  readonly number: string | undefined;
  readonly faults: readonly Fault[];
  readonly change: Readonly<Record<string, unknown>>;
  readonly source: { readonly kind: 'batch' | 'import'; readonly id: string; readonly line: number };
}

interface Held<State> {
  readonly stream: string;
  version: number;
  state: State;
  /** When the stream's last event happened, if it has one. */
  readonly time: string | undefined;
}

/**
 * Takes changes of many records of one company in their order, within one unit of work: loads the heads of all their streams at
 * once, decides each change on what the ones before it made, and appends what was decided.
 */
export class RecordDesk {
  readonly #counts = { created: 0, changed: 0, deleted: 0, unchanged: 0, rejected: 0 };
  #forgotten = 0;
  readonly #records = new Map<string, Held<RecordState>>();
  readonly #rejections = new Map<string, Held<RejectionState>>();

  private constructor(
    private readonly unit: Unit,
    private readonly company: CompanyId,
    heads: ReadonlyMap<string, Head>,
    references: readonly RecordReference[],
  ) {
    for (const { kind, reference } of references) {
      this.#hold(recordStream(company, kind, reference), heads);
      this.#holdRejection(rejectionStream(company, kind, reference), heads);
    }
  }

  /** @param references every record that will be touched */
  static async open(
    unit: Unit,
    company: CompanyId,
    references: readonly RecordReference[],
  ): Promise<RecordDesk> {
    return new RecordDesk(unit, company, await unit.heads(streamsOf(company, references)), references);
  }

  /** As {@link open}, where the heads of {@link streamsOf} the references have been loaded together with others. */
  static with(
    unit: Unit,
    company: CompanyId,
    references: readonly RecordReference[],
    heads: ReadonlyMap<string, Head>,
  ): RecordDesk {
    return new RecordDesk(unit, company, heads, references);
  }

  /** What became of the changes so far. */
  get counts(): IntakeCounts {
    return { ...this.#counts, ...(this.#forgotten > 0 && { forgotten: this.#forgotten }) };
  }

  /** A record of someone who has been forgotten is left out, and what was sent with it: {@link reject} says so in the report. */
  put(record: ContactRecord): 'created' | 'changed' | 'unchanged' | 'forgotten' {
    const held = this.#record(record.kind, record.number);
    if (held.state.isForgotten) return 'forgotten';
    const before = held.state.record;
    const events = decided(recordDecider.decide({ kind: 'put', record }, held.state));
    this.#append(held, events, recordDecider.evolve);
    this.#resolve(record.kind, record.number, 'accepted');
    const outcome = events.length === 0 ? 'unchanged' : before ? 'changed' : 'created';
    this.#counts[outcome] += 1;
    return outcome;
  }

  remove(kind: ContactKind, number: string): 'deleted' | 'unchanged' {
    const held = this.#record(kind, number);
    const events = decided(recordDecider.decide({ kind: 'remove', recordKind: kind, number }, held.state));
    this.#append(held, events, recordDecider.evolve);
    this.#resolve(kind, number, 'deleted');
    const outcome = events.length === 0 ? 'unchanged' : 'deleted';
    this.#counts[outcome] += 1;
    return outcome;
  }

  /** Of someone who has been forgotten, only the record's number is kept, whatever was sent and was wrong with it. */
  reject(rejected: RejectedChange): void {
    const { kind, number, reference, source } = rejected;
    const held = this.#rejection(kind, reference);
    this.#counts.rejected += 1;
    const { isForgotten } = this.#record(kind, reference).state;
    if (isForgotten) {
      this.#forgotten += 1;
      // It stands in the report already: the ERP may send the record every night.
      if (held.state.open?.faults.some(isForgottenFault) === true) return;
    }
    const faults = isForgotten ? [FORGOTTEN_FAULT] : rejected.faults;
    const change = isForgotten ? forgottenChange(kind, number) : rejected.change;
    const data = {
      kind,
      ...(number === undefined ? {} : { number }),
      source,
      faults: [...faults],
      change: { ...change },
    };
    this.#append(
      held,
      decided(rejectionDecider.decide({ kind: 'reject', rejected: data }, held.state)),
      rejectionDecider.evolve,
    );
  }

  /** Whoever the record is about is forgotten, with what stands of it in the report. */
  forget({ kind, reference }: RecordReference, reason: string): 'forgotten' | 'forgotten-before' {
    const held = this.#record(kind, reference);
    const command = { kind: 'forget', recordKind: kind, number: reference, reason } as const;
    const events = decided(recordDecider.decide(command, held.state));
    this.#append(held, events, recordDecider.evolve);
    if (events.length === 0) return 'forgotten-before';
    this.#resolve(kind, reference, 'deleted');
    return 'forgotten';
  }

  /** The record may come in again: with the next change or import, since nothing of it was kept. */
  lift({ kind, reference }: RecordReference, reason: string): 'lifted' | 'not-forgotten' {
    const held = this.#record(kind, reference);
    const command = { kind: 'lift', recordKind: kind, number: reference, reason } as const;
    const events = decided(recordDecider.decide(command, held.state));
    this.#append(held, events, recordDecider.evolve);
    if (events.length === 0) return 'not-forgotten';
    this.#resolve(kind, reference, 'dismissed');
    return 'lifted';
  }

  /** Waives an open rejection; false where there is none. */
  dismiss({ kind, reference }: RecordReference): boolean {
    const open = this.#rejection(kind, reference).state.open;
    if (open) this.#resolve(kind, reference, 'dismissed');
    return open !== undefined;
  }

  /** Whether what stands of a record is that refusal: nothing has come in or was refused since. */
  isRefused(
    { kind, reference }: RecordReference,
    source: Readonly<Record<keyof RejectedChange['source'], string | number>>,
  ): boolean {
    const standing = this.#rejection(kind, reference).state.open?.source;
    return standing?.kind === source.kind && standing.id === source.id && standing.line === source.line;
  }

  isForgotten({ kind, reference }: RecordReference): boolean {
    return this.#record(kind, reference).state.isForgotten;
  }

  /** What is known of a record: as it is, and as it was refused. */
  known({ kind, reference }: RecordReference): readonly object[] {
    const { record } = this.#record(kind, reference).state;
    const refused = this.#rejection(kind, reference).state.open?.change;
    return [...(record ? [record] : []), ...(refused ? [refused] : [])];
  }

  /** When the record last changed, if it ever did; RFC 3339. */
  lastChanged(kind: ContactKind, number: string): string | undefined {
    return this.#record(kind, number).time;
  }

  #resolve(
    kind: ContactKind,
    reference: string,
    how: Extract<RejectionCommand, { kind: 'resolve' }>['how'],
  ): void {
    const held = this.#rejection(kind, reference);
    const number = held.state.open?.number;
    const events = decided(
      rejectionDecider.decide({ kind: 'resolve', recordKind: kind, number, how }, held.state),
    );
    this.#append(held, events, rejectionDecider.evolve);
  }

  #append<State, Event extends RecordEvent | RejectionEvent>(
    held: Held<State>,
    events: readonly Event[],
    evolve: (state: State, event: Event) => State,
  ): void {
    this.unit.append({ stream: held.stream, key: this.company }, held.version, events);
    for (const event of events) held.state = evolve(held.state, event);
    held.version += events.length;
  }

  #hold(stream: string, heads: ReadonlyMap<string, Head>): void {
    const head = heads.get(stream);
    // The catalogue has checked the event against the schema of its type; a stream holds only the types of its decider.
    const event = head?.event as Recorded<RecordEvent> | undefined;
    const state = event ? recordDecider.evolve(recordDecider.initial(), event) : recordDecider.initial();
    this.#records.set(stream, { stream, version: head?.version ?? 0, state, time: event?.meta.time });
  }

  #holdRejection(stream: string, heads: ReadonlyMap<string, Head>): void {
    const head = heads.get(stream);
    const event = head?.event as Recorded<RejectionEvent> | undefined;
    const state = event
      ? rejectionDecider.evolve(rejectionDecider.initial(), event)
      : rejectionDecider.initial();
    this.#rejections.set(stream, { stream, version: head?.version ?? 0, state, time: event?.meta.time });
  }

  #record(kind: ContactKind, number: string): Held<RecordState> {
    return found(this.#records, recordStream(this.company, kind, number));
  }

  #rejection(kind: ContactKind, reference: string): Held<RejectionState> {
    return found(this.#rejections, rejectionStream(this.company, kind, reference));
  }
}

/** The streams that changes of these records may touch; each once. */
export function streamsOf(company: CompanyId, references: readonly RecordReference[]): readonly string[] {
  const streams = new Set<string>();
  for (const { kind, reference } of references) {
    streams.add(recordStream(company, kind, reference));
    streams.add(rejectionStream(company, kind, reference));
  }
  return [...streams];
}

function found<State>(held: ReadonlyMap<string, Held<State>>, stream: string): Held<State> {
  const entry = held.get(stream);
  if (!entry) throw new Error(`${stream} was not announced when the desk was opened`);
  return entry;
}

/** What these deciders refuse, the desk does not ask of them. */
function decided<Event>(
  outcome: readonly Event[] | { readonly kind: 'rejection'; readonly detail: string },
): readonly Event[] {
  if ('kind' in outcome) throw new Error(outcome.detail);
  return outcome;
}
