import type { DomainEvent, Recorded } from './event.js';

/** How one thing outside shall be, because of an event. */
export interface Delivery<Payload extends object = object> {
  /**
   * Names the thing for ever: what the other side keeps one of, e.g. `customer/<company>/<number>`. All events about a thing are of one
   * stream. What has to arrive once for each event, such as a mail, is a thing of its own: its name holds the event's id.
   */
  readonly thing: string;
  /** Plain JSON. Two that are equal are the same content, and are not sent twice in a row. */
  readonly payload: Payload;
}

/**
 * What shall be done outside because of events. It only says so; the doing is an `Outside`, which a service gives to its event log beside
 * the manifest. Rebuilds, inspections and comparisons take projections, which a reactor is not: none of them can run one.
 *
 * Deliveries carry the state of their thing: a later one takes the place of an earlier one that has not been sent yet.
 */
export interface Reactor<Event extends DomainEvent = DomainEvent, Payload extends object = object> {
  /** `<context>.<verb>-<noun>`, e.g. `crm.send-customer`. */
  readonly name: string;
  /** Topics it reads. */
  readonly topics: readonly string[];
  /** Event types it reacts to; all others are passed over. */
  readonly reads: readonly Event['type'][];
  /** Where it begins in a topic that it has never read: with all that ever happened, or with what happens from then on. */
  readonly begins: 'first-event' | 'now';
  /** Whether an operator may have it go over a window of the past again. */
  readonly mayRedeliver: boolean;
  /** What shall be delivered because of an event; pure, and the same whenever it is asked. */
  react(event: Recorded<Event>): readonly Delivery<Payload>[];
}

/** Keeps the literal types of a reactor while checking its shape. */
export function defineReactor<Event extends DomainEvent, Payload extends object>(
  reactor: Reactor<Event, Payload>,
): Reactor<Event, Payload> {
  return reactor;
}
