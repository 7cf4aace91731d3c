import type { DomainEvent } from './event.js';
import { isRejection, type Rejection } from './rejection.js';

/** The rules of one kind of stream, as three pure functions. */
export interface Decider<State, Command, Event extends DomainEvent> {
  /** The state of a stream without events. */
  initial(): State;
  /** What happens because of a command; no events where nothing changes. */
  decide(command: Command, state: State): readonly Event[] | Rejection;
  /** The state after one more event. */
  evolve(state: State, event: Event): State;
}

/** The state after a stream's events. */
export function fold<State, Event extends DomainEvent>(
  decider: Pick<Decider<State, never, Event>, 'initial' | 'evolve'>,
  events: Iterable<Event>,
): State {
  let state = decider.initial();
  for (const event of events) state = decider.evolve(state, event);
  return state;
}

/** Decides on a stream's whole history: what given-when-then specifications and command handlers share. */
export function decideOn<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  history: Iterable<Event>,
  command: Command,
): readonly Event[] | Rejection {
  const outcome = decider.decide(command, fold(decider, history));
  return isRejection(outcome) ? outcome : [...outcome];
}
