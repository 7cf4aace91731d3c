import { describe, expect, it } from '@jest/globals';
import type { EventLogStatus } from '@samspill/eventlog';

import { missingOfLog } from './readiness.js';

const working: EventLogStatus = {
  topic: 'samspill.contacts',
  gate: { state: 'open' },
  relay: { state: 'running', shards: [] },
  projections: { state: 'running' },
};

describe('what an event log lacks', () => {
  it('is nothing while it works, also where another process publishes', () => {
    expect(missingOfLog(working)).toEqual([]);
  });

  it('is said in words, each thing by itself, with the reason that is known', () => {
    const missing = missingOfLog({
      ...working,
      gate: {
        state: 'closed',
        code: 'eventlog.fork',
        reason: 'Stream a version 2 is another event on the log.',
      },
      relay: { state: 'failing', reason: 'no broker answers' },
      projections: { state: 'preparing', reason: 'contacts.directory is being built from the log.' },
    });
    expect(missing).toEqual([
      'Nothing can be written: Stream a version 2 is another event on the log.',
      'Events do not reach the log: no broker answers',
      'Read tables are not there yet: contacts.directory is being built from the log.',
    ]);
  });

  it('is said while everything is still starting', () => {
    expect(
      missingOfLog({ ...working, relay: { state: 'starting' }, projections: { state: 'stopped' } }),
    ).toEqual(['Events are not sent to the log yet.', 'Read tables do not follow the log yet.']);
  });
});
