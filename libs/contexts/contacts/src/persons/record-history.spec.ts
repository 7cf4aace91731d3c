import { describe, expect, it } from '@jest/globals';
import {
  recordChanged,
  recordDeleted,
  recordForgettingLifted,
  recordForgotten,
  type RecordEvent,
} from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { recordHistory } from './record-history.js';

const fjord = { kind: 'customer', number: '10', name: 'Fjord', phone: '22 33 44 55' } as const;
const events = (...said: readonly RecordEvent[]): readonly Recorded<RecordEvent>[] =>
  said.map((event, index) => ({
    ...event,
    meta: {
      id: String(index),
      stream: 'contacts.customer/c/10',
      version: index + 1,
      key: 'c',
      time: `2026-03-0${index + 1}T12:00:00.000Z`,
      actor: `agent:a${index + 1}`,
      correlationId: '',
      causationId: '',
    },
  }));

describe('what is known of a record', () => {
  it('is each field with since when and from whom, and what it was before and until when', () => {
    const { state, fields, former } = recordHistory(
      events(recordChanged(fjord, []), recordChanged({ ...fjord, phone: '46587451', fax: '1' }, [])),
    );
    expect(state).toBe('kept');
    expect(fields).toEqual([
      { field: '/number', value: '10', since: '2026-03-01T12:00:00.000Z', from: 'agent:a1' },
      { field: '/name', value: 'Fjord', since: '2026-03-01T12:00:00.000Z', from: 'agent:a1' },
      { field: '/phone', value: '46587451', since: '2026-03-02T12:00:00.000Z', from: 'agent:a2' },
      { field: '/fax', value: '1', since: '2026-03-02T12:00:00.000Z', from: 'agent:a2' },
    ]);
    expect(former).toEqual([
      {
        field: '/phone',
        value: '22 33 44 55',
        since: '2026-03-01T12:00:00.000Z',
        from: 'agent:a1',
        until: '2026-03-02T12:00:00.000Z',
      },
    ]);
  });

  it('is all former once it is deleted', () => {
    const { state, fields, former } = recordHistory(
      events(recordChanged(fjord, []), recordDeleted('customer', '10')),
    );
    expect([state, fields, former.map(({ field }) => field)]).toEqual([
      'deleted',
      [],
      ['/number', '/name', '/phone'],
    ]);
  });

  it('is nothing once it is forgotten, and begins anew when that is lifted', () => {
    const forgotten = [recordChanged(fjord, []), recordForgotten('customer', '10', 'case 17')];
    expect(recordHistory(events(...forgotten))).toEqual({ state: 'forgotten', fields: [], former: [] });
    const lifted = [...forgotten, recordForgettingLifted('customer', '10', 'case 18')];
    expect(recordHistory(events(...lifted))).toEqual({ state: 'none', fields: [], former: [] });
    const { state, fields, former } = recordHistory(events(...lifted, recordChanged(fjord, [])));
    expect([state, fields.length, former]).toEqual(['kept', 3, []]);
  });
});
