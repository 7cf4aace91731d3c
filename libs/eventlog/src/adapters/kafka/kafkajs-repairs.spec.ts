import './kafkajs-repairs.js';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { encodeRecords } from './record-encoder.js';

const load = createRequire(import.meta.url);
type Decode = (
  decoder: unknown,
  context: unknown,
) => { readonly headers: Record<string, string>; readonly offset: string };
const decodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as Decode;
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => { readVarInt(): number };

describe('Repairs of kafkajs', () => {
  it('read headers back as they were written, whatever the records before had', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 80 });
    const headers = fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      text,
      { maxKeys: 80, noNullPrototype: true },
    );
    fc.assert(
      fc.property(headers, (written) => {
        const { bytes } = encodeRecords([
          { key: 'k', headers: written, value: Buffer.from('v'), timestampMs: 1 },
        ]);
        const decoder = new Decoder(bytes);
        decoder.readVarInt(); // the record's length
        const read = decodeRecord(decoder, { firstOffset: '5', firstTimestamp: '1' });
        expect(read.headers).toEqual(written);
        expect(read.offset).toBe('5');
      }),
    );
  });

  it('set no timer while no request waits', () => {
    const queue = new RequestQueue({});
    Object.assign(queue, { throttleCheckTimeoutId: null, throttledUntil: -1, pending: [] });
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('look at requests that wait, after throttling where there is any', async () => {
    const looked = Promise.withResolvers<number>();
    const queue = new RequestQueue({});
    const startedMs = Date.now();
    Object.assign(queue, {
      throttleCheckTimeoutId: null,
      throttledUntil: startedMs + 40,
      pending: [{}],
      checkPendingRequests: () => {
        looked.resolve(Date.now() - startedMs);
      },
    });
    queue.scheduleCheckPendingRequests();
    expect(await looked.promise).toBeGreaterThanOrEqual(38);
  });
});
