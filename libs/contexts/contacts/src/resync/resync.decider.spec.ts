import { describe, expect, it } from '@jest/globals';
import type { ResyncCounts, ResyncEvent } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { isUnusual } from './brake.js';
import { resyncDecider, type ResyncCommand } from './resync.decider.js';

const start = { source: 'csv', scopes: [{ kind: 'customer' }], removes: 'all' } as const;
const started: ResyncEvent = {
  type: 'contacts.resync.started',
  data: { ...start, scopes: [{ kind: 'customer' }] },
};
const counts = (deleted: number): ResyncCounts[] => [
  { kind: 'customer', created: 3, changed: 1, deleted, unchanged: 90 },
];
const received = (deleted: number): ResyncEvent => ({
  type: 'contacts.resync.received',
  data: { rows: 94, rejected: 0, preview: counts(deleted) },
});
const receive = (deleted: number, records: number): ResyncCommand => ({
  kind: 'receive',
  received: { rows: 94, rejected: 0, preview: counts(deleted) },
  removals: [{ records, removals: deleted }],
});
const held: ResyncEvent = { type: 'contacts.resync.held', data: { removals: 60, of: 150 } };
const confirmed = (removals: number): ResyncEvent => ({
  type: 'contacts.resync.confirmed',
  data: { removals },
});
const completed: ResyncEvent = {
  type: 'contacts.resync.completed',
  data: { outcome: counts(2), rejected: 0 },
};
const cancelled: ResyncEvent = { type: 'contacts.resync.cancelled', data: { reason: 'no' } };
const given = specificationOf(resyncDecider);

describe('a resync', () => {
  it('C34 is started, received with its preview, confirmed and completed', () => {
    given()
      .when({ kind: 'start', start: { ...start, scopes: [{ kind: 'customer' }] } })
      .then(started);
    given(started).when(receive(2, 94)).then(received(2));
    given(started, received(2)).when({ kind: 'confirm' }).then(confirmed(2));
    given(started, received(2), confirmed(2))
      .when({ kind: 'complete', completed: { outcome: counts(2), rejected: 0 } })
      .then(completed);
  });

  it('C35 is held when an unusual share of the records would be removed', () => {
    given(started).when(receive(60, 150)).then(received(60), held);
  });

  it('C35 is held when one of its scopes would lose an unusual share, however large the others are', () => {
    given(started)
      .when({
        kind: 'receive',
        received: { rows: 1000, rejected: 0, preview: counts(30) },
        removals: [
          { records: 10_000, removals: 0 },
          { records: 40, removals: 30 },
        ],
      })
      .then(
        { type: 'contacts.resync.received', data: { rows: 1000, rejected: 0, preview: counts(30) } },
        { type: 'contacts.resync.held', data: { removals: 30, of: 10_040 } },
      );
  });

  it('C35 that is held runs only when the very number of removals is confirmed', () => {
    const fault = [{ pointer: '/removals', code: 'removals.unconfirmed' }];
    given(started, received(60), held)
      .when({ kind: 'confirm' })
      .thenRejected('import.removals-conflict', fault);
    given(started, received(60), held)
      .when({ kind: 'confirm', removals: 59 })
      .thenRejected('import.removals-conflict', fault);
    given(started, received(60), held).when({ kind: 'confirm', removals: 60 }).then(confirmed(60));
  });

  it('C35 that is not held still does not run with another number of removals than was said', () => {
    given(started, received(2))
      .when({ kind: 'confirm', removals: 0 })
      .thenRejected('import.removals-conflict');
  });

  it('is not confirmed before it has been received, nor after it was cancelled', () => {
    given().when({ kind: 'confirm' }).thenRejected('import.not-found');
    given(started).when({ kind: 'confirm' }).thenRejected('import.state-conflict');
    given(started, received(2), cancelled).when({ kind: 'confirm' }).thenRejected('import.state-conflict');
  });

  it('is confirmed and completed once, however often it is said', () => {
    given(started, received(2), confirmed(2)).when({ kind: 'confirm' }).then();
    given(started, received(2), confirmed(2), completed)
      .when({ kind: 'complete', completed: { outcome: [], rejected: 0 } })
      .then();
  });

  it('can be cancelled until it runs, and abandoned at any time before its end', () => {
    for (const history of [[started], [started, received(2)], [started, received(60), held]]) {
      given(...history)
        .when({ kind: 'cancel', reason: 'no' })
        .then(cancelled);
    }
    const running = [started, received(2), confirmed(2)];
    given(...running)
      .when({ kind: 'cancel', reason: 'no' })
      .thenRejected('import.state-conflict');
    given(...running)
      .when({ kind: 'abandon', reason: 'no' })
      .then(cancelled);
    given(...running, completed)
      .when({ kind: 'abandon', reason: 'no' })
      .thenRejected('import.state-conflict');
    given(started, cancelled).when({ kind: 'cancel', reason: 'again' }).then();
  });
});

describe('the brake', () => {
  it('C35 lets 20 records go from any company, and a fifth of a large one', () => {
    expect(isUnusual({ records: 20, removals: 20 })).toBe(false);
    expect(isUnusual({ records: 21, removals: 21 })).toBe(true);
    expect(isUnusual({ records: 1000, removals: 200 })).toBe(false);
    expect(isUnusual({ records: 1000, removals: 201 })).toBe(true);
    expect(isUnusual({ records: 0, removals: 0 })).toBe(false);
  });
});
