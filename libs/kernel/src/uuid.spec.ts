import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUuid } from './uuid.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('a UUID', () => {
  it('is told from everything else, as a regular expression would', () => {
    const near = fc
      .tuple(fc.uuid(), fc.nat(35), fc.constantFrom('-', 'g', 'A', '0', '/', ':', '`', ' ', 'å'))
      .map(([uuid, at, other]) => uuid.slice(0, at) + other + uuid.slice(at + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uuid(),
          near,
          fc.string(),
          fc.uuid().map((uuid) => `${uuid}\n`),
        ),
        (text) => {
          expect(isUuid(text)).toBe(UUID.test(text));
        },
      ),
    );
  });
});
