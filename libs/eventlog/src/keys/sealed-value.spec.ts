import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  forgettingValue,
  forgottenKeysOf,
  keyIdOf,
  NotSealedHereError,
  openValue,
  sealedValueBytes,
  sealValue,
  type SealedAbout,
} from './sealed-value.js';

const about: SealedAbout = {
  id: '01a202a2-2e66-7605-973b-fd5e50e00c9e',
  stream: 'contacts.customer/0198/7',
  version: 3,
  type: 'contacts.customer.changed',
};
const newKey = () => ({ id: randomBytes(16).toString('base64url'), key: randomBytes(32) });
const object = fc.dictionary(fc.string(), fc.jsonValue());

describe('A sealed value', () => {
  it('opens to what was sealed, has the length that was foretold, and says nothing of it before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 6 }), object, (secret, open) => {
        const key = newKey();
        const personal = { secret: `secret ${secret}` };
        const unsealed = { open: JSON.stringify({ ...open, n: 1 }), personal: JSON.stringify(personal) };
        const value = sealValue(unsealed, key, about);
        expect(value.length).toBe(sealedValueBytes(unsealed));
        expect(keyIdOf(value)).toBe(key.id);
        expect(value.toString()).not.toContain(personal.secret);
        expect(openValue(value, key.key, about)).toEqual({ ...JSON.parse(unsealed.open), ...personal });
        expect(openValue(value, undefined, about)).toEqual(JSON.parse(unsealed.open));
        expect(JSON.parse(value.toString())).toMatchObject({ $personal: { key: key.id }, n: 1 });
      }),
    );
  });

  it('of an event without public fields opens as well', () => {
    const key = newKey();
    const value = sealValue({ open: '{}', personal: '{"name":"Åse"}' }, key, about);
    expect(openValue(value, key.key, about)).toEqual({ name: 'Åse' });
    expect(openValue(value, undefined, about)).toEqual({});
  });

  it('opens with no other key, as no other event, and with no bit of its sealed part changed', () => {
    const key = newKey();
    const value = sealValue({ open: '{"a":1}', personal: '{"name":"Åse"}' }, key, about);
    const refuses = (changed: Buffer, with_ = key.key, as = about): void => {
      expect(() => openValue(changed, with_, as)).toThrow(NotSealedHereError);
    };
    refuses(value, randomBytes(32));
    refuses(value, key.key, { ...about, version: 4 });
    refuses(value, key.key, { ...about, stream: 'contacts.customer/0198/8' });
    refuses(value, key.key, { ...about, type: 'contacts.supplier.changed' });
    refuses(value, key.key, { ...about, id: '01a202a2-2e66-7605-973b-fd5e50e00c9f' });
    const text = value.toString();
    const sealed = /"sealed":"([^"]+)"/.exec(text)?.[1] ?? '';
    const bytes = Buffer.from(sealed, 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      refuses(Buffer.from(text.replace(sealed, changed.toString('base64'))));
    }
  });

  it('is any other JSON where nothing is sealed', () => {
    fc.assert(
      fc.property(object, (data) => {
        const value = Buffer.from(JSON.stringify(data));
        expect(keyIdOf(value)).toBeUndefined();
        expect(openValue(value, undefined, about)).toEqual(JSON.parse(value.toString()));
      }),
    );
  });

  it('names the keys that are forgotten, which are no part of the event', () => {
    const ids = [newKey().id, newKey().id];
    const value = forgettingValue('{"by":"request 17"}', ids);
    expect(forgottenKeysOf(value)).toEqual(ids);
    expect(openValue(value, undefined, about)).toEqual({ by: 'request 17' });
    expect(forgottenKeysOf(forgettingValue('{}', []))).toEqual([]);
    expect(openValue(forgettingValue('{}', ids), undefined, about)).toEqual({});
    expect(forgottenKeysOf(Buffer.from('{"a":1}'))).toEqual([]);
  });
});
