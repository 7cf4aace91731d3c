import { describe, expect, it } from '@jest/globals';
import type { EventLogStatus } from '@samspill/eventlog';

import { Lifecycle } from '../host/lifecycle.js';
import { lacksOfLog, Readiness } from './readiness.js';

const working: EventLogStatus = {
  topic: 'samspill.contacts',
  gate: { state: 'open' },
  relay: { state: 'running', shards: [] },
  projections: { state: 'running' },
};

describe('what an event log lacks', () => {
  it('is nothing while it works, also where another process publishes', () => {
    expect(lacksOfLog(working)).toEqual({ missing: [], impaired: [] });
  });

  it('is said in words, each thing by itself, with the reason that is known', () => {
    const lacks = lacksOfLog({
      ...working,
      gate: {
        state: 'closed',
        code: 'eventlog.fork',
        reason: 'Stream a version 2 is another event on the log.',
      },
      relay: { state: 'failing', reason: 'no broker answers' },
      projections: { state: 'preparing', reason: 'contacts.directory is being built from the log.' },
    });
    expect(lacks).toEqual({
      missing: [
        'Nothing can be written: Stream a version 2 is another event on the log.',
        'Read tables are not there yet: contacts.directory is being built from the log.',
      ],
      impaired: ['Events do not reach the log: no broker answers'],
    });
  });

  it('is said while everything is still starting', () => {
    expect(
      lacksOfLog({ ...working, relay: { state: 'starting' }, projections: { state: 'stopped' } }).impaired,
    ).toEqual(['Events are not sent to the log yet.', 'Read tables do not follow the log yet.']);
  });
});

describe('readiness', () => {
  const failing: EventLogStatus = { ...working, relay: { state: 'failing', reason: 'no broker answers' } };
  const sentence = 'tiny: Events do not reach the log: no broker answers';

  it('does not come before everything has worked once', async () => {
    const { readiness, now } = watched(failing);
    expect(await readiness.look()).toEqual({ missing: [sentence], impaired: [] });
    now(working);
    expect(await readiness.look()).toEqual({ missing: [], impaired: [] });
  });

  it('stays when the log is away afterwards, which is said', async () => {
    const { readiness, now } = watched(working);
    await readiness.look();
    now(failing);
    expect(await readiness.look()).toEqual({ missing: [], impaired: [sentence] });
  });

  it('goes when nothing can be written, or the process is about to stop', async () => {
    const { readiness, lifecycle, now } = watched(working);
    await readiness.look();
    now({ ...failing, gate: { state: 'closed', code: 'eventlog.fork', reason: 'a fork' } });
    lifecycle.phase = 'unready';
    expect(await readiness.look()).toEqual({
      missing: ['The service is about to stop.', 'tiny: Nothing can be written: a fork'],
      impaired: [sentence],
    });
  });
});

/** Readiness of a process with one context, whose log is `now(…)` in that state and whose database answers. */
function watched(first: EventLogStatus) {
  let status = first;
  const lifecycle = new Lifecycle();
  lifecycle.phase = 'serving';
  const context = { name: 'tiny', answers: () => Promise.resolve(true), status: () => status };
  const now = (next: EventLogStatus): void => {
    status = next;
  };
  return { readiness: new Readiness(lifecycle, [context]), lifecycle, now };
}
