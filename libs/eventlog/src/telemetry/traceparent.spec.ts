import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readTraceparent, writeTraceparent } from './traceparent.js';

const hex = (length: number) =>
  fc
    .uint8Array({ minLength: length / 2, maxLength: length / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
    .filter((text) => /[^0]/.test(text));

describe('the traceparent of an event', () => {
  it('names the span that it was made from', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.nat(255), (traceId, spanId, traceFlags) => {
        const written = writeTraceparent({ traceId, spanId, traceFlags }) ?? '';
        expect(readTraceparent(written)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
      }),
    );
  });

  it.each([
    '',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
  ])('is taken for absent where it is not well-formed: «%s»', (text) => {
    expect(readTraceparent(text)).toBeUndefined();
  });

  it('is left out where nothing is traced', () => {
    expect(
      writeTraceparent({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
    ).toBeUndefined();
  });
});
