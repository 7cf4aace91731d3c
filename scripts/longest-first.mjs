import TestSequencer from '@jest/test-sequencer';

/**
 * Suites that take minutes, the longest first: one that is begun last keeps everybody waiting. Where Jest has not run them before, it would
 * go by the size of their files, and those of the conformance suite have ten lines. A suite that is missing here only costs time.
 */
const LONGEST = [
  'conformance-postgres.int-spec.ts',
  'conformance-kafka.int-spec.ts',
  'conformance-oldest.int-spec.ts',
  'runbooks.e2e-spec.ts',
  'kills.e2e-spec.ts',
  'standalone.e2e-spec.ts',
  'kafka-broker.int-spec.ts',
  'large-import.int-spec.ts',
  'chaos.int-spec.ts',
  'conformance.spec.ts',
];

/** Jest's order, with the longest suites before it. */
export default class LongestFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((one, other) => placeOf(one.path) - placeOf(other.path));
  }
}

function placeOf(path) {
  const place = LONGEST.findIndex((name) => path.endsWith(`/${name}`));
  return place < 0 ? LONGEST.length : place;
}
