import { describe, expect, it } from '@jest/globals';
import { SkippedOffsets, type SkippedRange } from './skipped-offsets.js';

const range = (from: bigint, to: bigint, log = 'a'): SkippedRange => ({
  topic: 't',
  partition: 0,
  log,
  from,
  to,
});
const partition = { topic: 't', partition: 0 };

describe('offsets that a projection skips', () => {
  it('joins what follows on, and what was given again', () => {
    const skipped = new SkippedOffsets();
    skipped.add(range(3n, 5n));
    skipped.add(range(5n, 9n));
    skipped.add(range(4n, 7n));
    expect(skipped.all()).toEqual([range(3n, 9n)]);
    expect(skipped.covers(partition, 3n, 9n)).toBe(true);
    expect(skipped.covers(partition, 2n, 9n)).toBe(false);
    expect(skipped.covers(partition, 3n, 10n)).toBe(false);
  });

  it('starts anew behind a hole, before what it knew, and on another log', () => {
    const skipped = new SkippedOffsets();
    skipped.add(range(3n, 5n));
    skipped.add(range(6n, 7n));
    expect(skipped.all()).toEqual([range(6n, 7n)]);
    skipped.add(range(1n, 7n));
    expect(skipped.all()).toEqual([range(1n, 7n)]);
    skipped.add(range(7n, 8n, 'b'));
    expect(skipped.all()).toEqual([range(7n, 8n, 'b')]);
  });

  it('forgets what the checkpoint has passed, and nothing more', () => {
    const skipped = new SkippedOffsets();
    skipped.add(range(3n, 5n));
    skipped.passed(partition, 4n);
    expect(skipped.all()).toHaveLength(1);
    skipped.passed(partition, 5n);
    expect(skipped.all()).toEqual([]);
  });
});
