import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crmIdIn, keptReference } from './account-reference.js';

const account = fc.stringMatching(/^[a-z]{1,4}\/\d{1,3}$/);

describe('what an account calls a record', () => {
  it('is read from the ledger for that account, and for no other', () => {
    fc.assert(
      fc.property(account, account, fc.stringMatching(/^\d{1,4}$/), (ours, other, id) => {
        fc.pre(ours !== other);
        expect(crmIdIn(ours, keptReference(ours, id))).toBe(id);
        expect(crmIdIn(other, keptReference(ours, id))).toBeUndefined();
      }),
    );
  });

  it('is not known where the ledger is from before accounts were written down, or has no id', () => {
    expect(crmIdIn('hubspot/4711', '37')).toBeUndefined();
    expect(crmIdIn('hubspot/4711', undefined)).toBeUndefined();
  });
});
