import { deepStrictEqual, fail } from 'node:assert/strict';

import { decideOn, isRejection, type Decider, type DomainEvent, type Fault } from '@samspill/kernel';

export interface Outcome<Event extends DomainEvent> {
  /** Exactly these events happen, in this order; none: nothing happens. */
  then(...events: readonly Event[]): void;
  /** It is refused with this code and these faults, in any order; the wording is left to the decider. */
  thenRejected(code: string, faults?: readonly Pick<Fault, 'pointer' | 'code'>[]): void;
}

export interface History<Command, Event extends DomainEvent> {
  when(command: Command): Outcome<Event>;
}

/**
 * Given-when-then for a decider:
 *
 *     const given = specificationOf(companyDecider);
 *     given(registered).when({ kind: 'rename', name: 'Ny' }).then({ type: 'identity.company.renamed', data: { name: 'Ny' } });
 */
export function specificationOf<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
): (...events: readonly Event[]) => History<Command, Event> {
  return (...history) => ({
    when: (command) => {
      const outcome = decideOn(decider, history, command);
      return {
        then: (...expected) => {
          if (isRejection(outcome))
            fail(`Rejected with ${outcome.code} (${outcome.detail}) ${JSON.stringify(outcome.faults)}`);
          deepStrictEqual(outcome, expected);
        },
        thenRejected: (code, faults) => {
          if (!isRejection(outcome)) fail(`Not rejected; these events happened: ${JSON.stringify(outcome)}`);
          deepStrictEqual(outcome.code, code);
          if (faults !== undefined) deepStrictEqual(places(outcome.faults), places(faults));
        },
      };
    },
  });
}

function places(faults: readonly Pick<Fault, 'pointer' | 'code'>[]): readonly string[] {
  return faults.map(({ pointer, code }) => `${pointer}: ${code}`).sort();
}
