import type { IntakeCounts, OrderEvent, OrderRejectionEvent } from '@samspill/contracts';
import type { Head, Unit } from '@samspill/eventlog';
import { isRejection, type CompanyId, type Decider, type DomainEvent } from '@samspill/kernel';
import type { OrderChange } from './order-batch.js';
import {
  orderDecider,
  orderRejectionDecider,
  orderRejectionStream,
  orderStream,
  type OrderCommand,
  type OrderRejectionCommand,
  type OrderRejectionState,
  type OrderState,
} from './order.decider.js';

/** The streams that changes of these orders may touch; each once. */
export function orderStreams(company: CompanyId, references: readonly string[]): readonly string[] {
  return [...new Set(references)].flatMap((reference) => [
    orderStream(company, reference),
    orderRejectionStream(company, reference),
  ]);
}

interface Held<State> {
  readonly version: number;
  readonly state: State;
}

/** Takes changes of many orders of one company in their sequence, within one unit of work. */
export class OrderDesk {
  readonly #counts = { created: 0, changed: 0, deleted: 0, unchanged: 0, rejected: 0 };
  readonly #orders = new Map<string, Held<OrderState>>();
  readonly #rejections = new Map<string, Held<OrderRejectionState>>();

  /** @param heads of {@link orderStreams} of every order that will be touched */
  constructor(
    private readonly unit: Unit,
    private readonly company: CompanyId,
    private readonly heads: ReadonlyMap<string, Head>,
  ) {}

  get counts(): IntakeCounts {
    return this.#counts;
  }

  /** @param batch where the change came from; its line is the change's own */
  apply(change: OrderChange, batch: string): void {
    switch (change.kind) {
      case 'put': {
        const { before, events } = this.#order(change.reference, { kind: 'put', order: change.order });
        this.#rejection(change.reference, { kind: 'resolve', how: 'accepted' });
        this.#counts[events === 0 ? 'unchanged' : before.order ? 'changed' : 'created'] += 1;
        break;
      }
      case 'remove': {
        const { events } = this.#order(change.reference, { kind: 'remove', number: change.reference });
        this.#rejection(change.reference, { kind: 'resolve', how: 'deleted' });
        this.#counts[events === 0 ? 'unchanged' : 'deleted'] += 1;
        break;
      }
      case 'bad': {
        const { number, faults, sent, line } = change;
        const rejected = {
          ...(number !== undefined && { number }),
          source: { id: batch, line },
          faults: [...faults],
          change: { ...sent },
        };
        this.#rejection(change.reference, { kind: 'reject', rejected });
        this.#counts.rejected += 1;
        break;
      }
    }
  }

  #order(reference: string, command: OrderCommand): { readonly before: OrderState; readonly events: number } {
    return this.#decide<OrderState, OrderCommand, OrderEvent>(
      orderDecider,
      this.#orders,
      orderStream(this.company, reference),
      command,
    );
  }

  #rejection(reference: string, command: OrderRejectionCommand): void {
    this.#decide<OrderRejectionState, OrderRejectionCommand, OrderRejectionEvent>(
      orderRejectionDecider,
      this.#rejections,
      orderRejectionStream(this.company, reference),
      command,
    );
  }

  #decide<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    held: Map<string, Held<State>>,
    stream: string,
    command: Command,
  ): { readonly before: State; readonly events: number } {
    const { version, state } = held.get(stream) ?? this.#fromHead(decider, stream);
    const events = decider.decide(command, state);
    if (isRejection(events)) throw new Error(events.detail); // these deciders refuse nothing
    this.unit.append({ stream, key: this.company }, version, events);
    held.set(stream, {
      version: version + events.length,
      state: events.reduce((before, event) => decider.evolve(before, event), state),
    });
    return { before: state, events: events.length };
  }

  #fromHead<State, Event extends DomainEvent>(
    decider: Decider<State, never, Event>,
    stream: string,
  ): Held<State> {
    const head = this.heads.get(stream);
    if (!head) throw new Error(`${stream} was not announced when the desk was opened`);
    const initial = decider.initial();
    // The catalogue has checked the event against the schema of its type; a stream holds only the types of its decider.
    const state = head.event ? decider.evolve(initial, head.event as unknown as Event) : initial;
    return { version: head.version, state };
  }
}
