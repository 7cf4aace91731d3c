import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentHash, idempotencyKey } from './content-hash.js';

describe('the hash of a content', () => {
  it('is that of its JSON, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
        const reversed = Object.fromEntries(Object.entries(payload).toReversed());
        expect(contentHash(reversed)).toBe(contentHash(payload));
        expect(contentHash({ ...payload, left: undefined })).toBe(contentHash(payload));
      }),
    );
  });

  it('is another for another content', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.jsonValue(),
        (payload, name, value) => {
          const changed = { ...payload, [name]: [value] };
          fc.pre(JSON.stringify(payload[name]) !== JSON.stringify([value]));
          expect(contentHash(changed)).not.toBe(contentHash(payload));
        },
      ),
    );
  });
});

describe('an idempotency key', () => {
  it('is a UUID, the same for the same event and thing of a reactor, and another for any other', () => {
    const key = idempotencyKey('crm.send', 'customer/1', 'event');
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idempotencyKey('crm.send', 'customer/1', 'event')).toBe(key);
    for (const other of [
      idempotencyKey('crm.tell', 'customer/1', 'event'),
      idempotencyKey('crm.send', 'customer/2', 'event'),
      idempotencyKey('crm.send', 'customer/1', 'other'),
    ])
      expect(other).not.toBe(key);
  });
});
