import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../../event-store.js';
import { RecentEvents } from './recent-events.js';

function event(dataBytes: number): StoredEvent {
  return {
    id: '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11',
    stream: 'contacts.customer/company/7',
    version: 1,
    type: 'contacts.customer.changed',
    schemaVersion: 1,
    key: 'company',
    time: '2026-03-01T12:00:00.000Z',
    actor: 'agent:erp',
    correlationId: 'request',
    causationId: 'request',
    value: Buffer.alloc(dataBytes),
  };
}

describe('events just appended', () => {
  it('are held until they are published', () => {
    const recent = new RecentEvents();
    const held = event(10);
    recent.add('7', held);
    expect(recent.get('7')).toBe(held);
    recent.remove('7');
    expect(recent.get('7')).toBeUndefined();
  });

  it('are those of one incarnation of the database: another gives the same positions to other events', () => {
    const recent = new RecentEvents();
    recent.in('before the restore').add('7', event(10));
    expect(recent.in('before the restore').get('7')).toBeDefined();
    expect(recent.in('after the restore').get('7')).toBeUndefined();
    expect(recent.in('before the restore').get('7')).toBeUndefined();
  });

  it('are held up to so many bytes: the oldest go', () => {
    const recent = new RecentEvents(10_000);
    for (let position = 1; position <= 5; position += 1) recent.add(String(position), event(2_000));
    expect([1, 2, 3, 4, 5].map((position) => recent.get(String(position)) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    recent.add('6', event(20_000));
    expect([3, 4, 5, 6].some((position) => recent.get(String(position)))).toBe(false);
    recent.add('7', event(9_000));
    expect(recent.get('7')).toBeDefined();
  });
});
