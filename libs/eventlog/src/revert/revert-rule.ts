import type { DomainEvent, Decider, Recorded, Rejection } from '@samspill/kernel';
import { fold, isRejection, parseStream } from '@samspill/kernel';

/** What a command would have to say for a stream to be as it was; or that nothing has to be said; or why nothing can be. */
export type Compensation<Command> =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'impossible'; readonly reason: string };

/** How the streams of a category are put back: their decider, and the command that leads from what is to what was. */
export interface Revertible<State, Command, Event extends DomainEvent> {
  /** Of streams whose first part is the company: `contacts.customer` for `contacts.customer/<company>/<number>`. */
  readonly category: string;
  /** What the state is folded from: the last event where each carries all of it, else every one. */
  readonly needs: 'last-event' | 'history';
  readonly decider: Decider<State, Command, Event>;
  /** Whether there is something: a record that is not deleted, a company that is registered. */
  exists(state: State): boolean;
  /** @param parts of the stream's name after its category */
  compensate(then: State, now: State, parts: readonly string[]): Compensation<Command>;
}

/** What is done to a stream that is put back. */
export type RevertDeed = 'put-back' | 'make-again' | 'remove';

export type Decided =
  | { readonly does: 'nothing' }
  | { readonly does: RevertDeed; readonly events: readonly DomainEvent[] }
  | { readonly does: 'refused' | 'impossible'; readonly reason: string };

/** A {@link Revertible} whose types nobody has to know any more. */
export interface RevertRule {
  readonly category: string;
  readonly needs: 'last-event' | 'history';
  /**
   * @param then events of the stream up to the moment that is gone back to; where the last one carries the state, that one
   * @param now likewise, up to now
   */
  decide(stream: string, then: readonly Recorded[], now: readonly Recorded[]): Decided;
}

export function revertible<State, Command, Event extends DomainEvent>(
  rule: Revertible<State, Command, Event>,
): RevertRule {
  const { category, needs, decider } = rule;
  // The catalogue has checked each event against the schema of its type; a stream holds only the types of its decider.
  const stateOf = (events: readonly Recorded[]): State => fold(decider, events as unknown as Event[]);
  return {
    category,
    needs,
    decide(stream, thenEvents, nowEvents) {
      const [then, now] = [stateOf(thenEvents), stateOf(nowEvents)];
      const compensation = rule.compensate(then, now, parseStream(stream).parts);
      if (compensation.kind === 'nothing') return { does: 'nothing' };
      if (compensation.kind === 'impossible') return { does: 'impossible', reason: compensation.reason };
      const events = decider.decide(compensation.command, now);
      if (isRejection(events)) return { does: 'refused', reason: events.detail };
      if (events.length === 0) return { does: 'nothing' };
      if (!rule.exists(now)) return { does: 'make-again', events };
      return { does: rule.exists(then) ? 'put-back' : 'remove', events };
    },
  };
}

/** What a run that changed many streams, such as an import, is known by. */
export interface RunCause {
  readonly company: string;
  /** `causationId` of the events that it led to. */
  readonly causationId: string;
}

/** What of a context can be put back as it was, and how. */
export interface Reverting {
  readonly rules: readonly RevertRule[];
  /** What is left as it is, in sentences for whoever looks at a preview. */
  readonly leaves: readonly string[];
  /** Whether a business system sends records that would undo a revert, so that they are refused until somebody lets it speak again. */
  readonly holdsIntake: boolean;
  /** How an import is found by its id: in which stream it is, and what its history says. */
  readonly imports?: {
    stream(id: string): string;
    cause(history: readonly Recorded[], id: string): RunCause | Rejection;
  };
}
