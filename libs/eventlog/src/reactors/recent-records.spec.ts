import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '../log.js';
import { DecodedRecord } from '../received-record.js';
import { RecentRecords } from './recent-records.js';

const PLACE = { topic: 'toy', partition: 0, offset: 7n };

function record(value: string): ReceivedRecord {
  return new DecodedRecord(
    { key: 'k', headers: {}, value: Buffer.from(value), timestampMs: 0 },
    PLACE.offset,
  );
}

describe('recent records', () => {
  it('have what was read last at a place: a topic made anew may have another record there', () => {
    const recent = new RecentRecords();
    recent.keep(PLACE, record('former'));
    recent.keep(PLACE, record('new'));
    expect(recent.find(PLACE)?.value.toString()).toBe('new');
    recent.forget(PLACE);
    expect(recent.find(PLACE)).toBeUndefined();
  });

  it('stay within their bound however often a place is read again', () => {
    const recent = new RecentRecords();
    const other = { ...PLACE, offset: 8n };
    recent.keep(other, record('kept'));
    for (let times = 0; times < 10_000; times += 1) recent.keep(PLACE, record('again'));
    expect(recent.find(other)?.value.toString()).toBe('kept');
  });
});
