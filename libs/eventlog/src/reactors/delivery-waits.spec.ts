import { describe, expect, it } from '@jest/globals';
import { Faults } from '../adapters/memory/faults.js';
import { MemoryDeliveries, MemoryDeliveryLedger } from '../adapters/memory/memory-delivery-ledger.js';
import { backoffMs, DeliveryWaits, type CallOutcome } from './delivery-waits.js';
import { DEFAULT_LIMITS } from './outside.js';

const LIMITS = { ...DEFAULT_LIMITS, batchSize: 50, firstRetryMs: 1_000, longestRetryMs: 60_000 };
const busy: CallOutcome = {
  kind: 'failed',
  isCertain: true,
  code: 'crm.busy',
  words: 'Too many requests.',
  retryAfterMs: 7_000,
};

function waits(): { readonly waits: DeliveryWaits; readonly ledger: MemoryDeliveryLedger } {
  const ledger = new MemoryDeliveryLedger(new MemoryDeliveries(), new Faults());
  return { waits: new DeliveryWaits('crm.send', ledger, LIMITS), ledger };
}

describe('waiting before another attempt', () => {
  it('doubles with each, is of random length from half of that on, ends at the longest, and keeps to Retry-After', () => {
    expect([1, 2, 3, 99].map((failures) => backoffMs(failures, LIMITS, undefined, () => 1))).toEqual([
      1_000, 2_000, 4_000, 60_000,
    ]);
    expect(backoffMs(2, LIMITS, undefined, () => 0)).toBe(1_000);
    expect(backoffMs(1, LIMITS, 5_000, () => 1)).toBe(5_000);
  });
});

describe('waiting for the other side', () => {
  it('begins at once where it says so, lets one delivery find out whether it is over, and ends with an answer', async () => {
    const { waits: own, ledger } = waits();
    const atMs = Date.parse('2026-03-01T12:00:00.000Z');
    await own.after('a', busy, atMs);
    expect(own.waiting(atMs + 6_999)).toEqual(['a']);
    expect(own.waiting(atMs + 7_000)).toEqual([]);
    expect([own.allowed('a'), own.allowed('b')]).toEqual([1, 50]);
    expect(await ledger.waits('crm.send')).toMatchObject([
      { key: 'a', failures: 1, since: '2026-03-01T12:00:00.000Z', until: '2026-03-01T12:00:07.000Z' },
    ]);
    await own.after('a', { kind: 'not-called' }, atMs);
    expect(own.allowed('a')).toBe(1);
    await own.after('a', { kind: 'answered' }, atMs);
    expect(own.allowed('a')).toBe(50);
    expect(await ledger.waits('crm.send')).toEqual([]);
  });

  it('begins after some calls in a row without any answer, and is known to the next process', async () => {
    const { waits: own, ledger } = waits();
    const silent = { ...busy, isCertain: false, retryAfterMs: undefined };
    for (const expected of [[], [], ['a']]) {
      await own.after('a', silent, 1_000);
      expect(own.waiting(1_000)).toEqual(expected);
    }
    const next = new DeliveryWaits('crm.send', ledger, LIMITS);
    await next.load();
    expect(next.waiting(1_000)).toEqual(['a']);
  });
});
