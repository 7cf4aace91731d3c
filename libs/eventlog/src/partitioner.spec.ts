import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { partitionOf } from './partitioner.js';

describe('Partitioner', () => {
  it('puts every key where the default partitioner of Kafka clients puts it', () => {
    const kafkas = Partitioners.DefaultPartitioner();
    const partition = { partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] };
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 64 }),
        (key, count) => {
          const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
            ...partition,
            partitionId,
          }));
          const message = { key, value: null };
          expect(partitionOf(key, count)).toBe(kafkas({ topic: 'test', partitionMetadata, message }));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
