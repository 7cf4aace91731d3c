import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chainHash } from './chain.js';
import { ChainCheck } from './chain-check.js';
import type { StoredEvent } from './event-store.js';

const first: StoredEvent = {
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
  value: Buffer.from('{"name":"Ærø"}'),
};

function chained(count: number): readonly StoredEvent[] {
  const events = [first];
  while (events.length < count) {
    const last = events.at(-1) ?? first;
    events.push({
      ...last,
      version: last.version + 1,
      value: Buffer.from(`{"name":"${last.version}"}`),
      previousHash: chainHash(last),
    });
  }
  return events;
}

function faultsOf(events: readonly StoredEvent[]): readonly string[] {
  const check = new ChainCheck();
  return events.flatMap((event) => check.next(event)?.kind ?? []);
}

describe('the hash that chains events', () => {
  it('stays what it is: logs are checked by it for ever', () => {
    expect(chainHash(first)).toBe('LDFn8rvX0CXZG-bd0MLfZwrH4aNI1QUx_neYzDTMMss');
  });

  it.each<[keyof StoredEvent, Partial<StoredEvent>]>([
    ['id', { id: '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e12' }],
    ['stream', { stream: 'contacts.customer/company/8' }],
    ['version', { version: 2 }],
    ['type', { type: 'contacts.customer.deleted' }],
    ['schemaVersion', { schemaVersion: 2 }],
    ['key', { key: 'other' }],
    ['time', { time: '2026-03-01T12:00:00.001Z' }],
    ['actor', { actor: 'agent:other' }],
    ['correlationId', { correlationId: 'other' }],
    ['causationId', { causationId: 'other' }],
    ['previousHash', { previousHash: chainHash(first) }],
    ['value', { value: Buffer.from('{"name":"Aerø"}') }],
  ])('depends on %s', (_, change) => {
    expect(chainHash({ ...first, ...change })).not.toBe(chainHash(first));
  });

  it('tells apart what has the same characters in other fields', () => {
    const [a, b] = [
      { ...first, correlationId: 'ab', causationId: 'c' },
      { ...first, correlationId: 'a', causationId: 'bc' },
    ];
    expect(chainHash(a)).not.toBe(chainHash(b));
  });
});

describe('checking chains', () => {
  it('finds nothing in a sound log, repeats and late repeats among its events', () => {
    const events = chained(4);
    expect(faultsOf(events)).toEqual([]);
    expect(faultsOf([...events.slice(0, 3), ...events.slice(0, 3), ...events.slice(2)])).toEqual([]);
  });

  it('finds a single changed bit of any event that another follows', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(), fc.nat(7), (at, byte, bit) => {
        const events = [...chained(4)];
        const event = events[at] ?? first;
        const value = Buffer.from(event.value);
        const place = byte % value.length;
        value.writeUInt8(value.readUInt8(place) ^ (1 << bit), place);
        events[at] = { ...event, value };
        expect(faultsOf(events)).toEqual(['broken']);
      }),
    );
  });

  it('finds a missing beginning, a hole, and the same version as two events', () => {
    const [one = first, two = first, three = first] = chained(3);
    expect(faultsOf([two, three])).toEqual(['head-missing']);
    expect(faultsOf([one, three])).toEqual(['gap']);
    expect(faultsOf([one, two, { ...two, value: Buffer.from('{}') }])).toEqual(['fork']);
  });
});
