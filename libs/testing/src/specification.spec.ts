import { describe, expect, it } from '@jest/globals';
import { reject, type Decider, type DomainEvent } from '@samspill/kernel';

import { specificationOf } from './specification.js';

type Opened = DomainEvent<'door.opened', { by: string }>;
const door: Decider<{ open: boolean }, { by: string }, Opened> = {
  initial: () => ({ open: false }),
  decide: ({ by }, { open }) => {
    if (open) return [];
    if (by === '')
      return reject('door.nobody', 'Somebody must open it.', [
        { pointer: '/by', code: 'required', detail: '' },
      ]);
    return [{ type: 'door.opened', data: { by } }];
  },
  evolve: () => ({ open: true }),
};
const given = specificationOf(door);
const opened: Opened = { type: 'door.opened', data: { by: 'Åse' } };

describe('a specification of a decider', () => {
  it('holds when exactly the expected events happen', () => {
    given().when({ by: 'Åse' }).then(opened);
    given(opened).when({ by: 'Per' }).then();
  });

  it('fails when other events happen, or none', () => {
    expect(() => given().when({ by: 'Per' }).then(opened)).toThrow(/Per/);
    expect(() => given(opened).when({ by: 'Per' }).then(opened)).toThrow(/door.opened/);
  });

  it('holds when it is rejected for the expected reason, and fails for another', () => {
    const outcome = given().when({ by: '' });
    outcome.thenRejected('door.nobody');
    outcome.thenRejected('door.nobody', [{ pointer: '/by', code: 'required' }]);
    expect(() => outcome.thenRejected('door.locked')).toThrow(/door.nobody/);
    expect(() => outcome.thenRejected('door.nobody', [])).toThrow(/\/by: required/);
    expect(() => outcome.then()).toThrow(/Rejected with door.nobody/);
    expect(() => given(opened).when({ by: '' }).thenRejected('door.nobody')).toThrow(/Not rejected/);
  });
});
