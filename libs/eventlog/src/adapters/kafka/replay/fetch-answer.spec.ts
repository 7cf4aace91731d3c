import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '@samspill/kernel';
import fc from 'fast-check';
import { decodeFetchAnswer } from './fetch-answer.js';

function answer(topic: string, batches: Buffer): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.alloc(2 + 4 + 4 + 4 + 2);
  head.writeInt32BE(1, 10); // topics
  head.writeInt16BE(name.length, 14);
  const partition = Buffer.alloc(4 + 4 + 2 + 8 + 16 + 4 + 4 + 4);
  partition.writeInt32BE(1, 0); // partitions
  partition.writeInt32BE(7, 4);
  partition.writeInt16BE(6, 8); // error
  partition.writeBigInt64BE(99n, 10);
  partition.writeInt32BE(-1, 34); // aborted transactions: null
  partition.writeInt32BE(batches.length, 42);
  return Buffer.concat([head, name, partition, batches]);
}

describe('Kafka: the answer to a fetch', () => {
  it('is taken apart down to each partition’s record batches', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.uint8Array(), (topic, bytes) => {
        const batches = Buffer.from(bytes);
        expect(decodeFetchAnswer(answer(topic, batches))).toEqual({
          clientSideThrottleTime: 0,
          errorCode: 0,
          partitions: [
            { topic: Buffer.from(topic).toString(), partition: 7, errorCode: 6, highWatermark: 99n, batches },
          ],
        });
      }),
    );
  });

  it('is refused when it is not whole, and never leads to any other failure', () => {
    const whole = answer('topic', Buffer.alloc(20, 1));
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeFetchAnswer(whole.subarray(0, length))).toThrow(PlatformError);
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(whole);
        changed[at] = value;
        try {
          decodeFetchAnswer(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'eventlog.log-damaged', retryable: false });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
