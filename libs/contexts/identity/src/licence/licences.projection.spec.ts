import { describe, expect, it } from '@jest/globals';
import type { CompanySetUpEvent } from '@samspill/contracts';
import { licencesProjection, type LicencesRow } from './licences.projection.js';

type LicenceEvent = Extract<CompanySetUpEvent, { type: `identity.licence.${string}` }>;

const COMPANY = '0193b5c0-7a10-7000-8000-00000000cafe';
const [EARLY, LATE] = ['2026-05-01T00:00:00.000Z', '2026-12-31T23:00:00.000Z'];

function rowAfter(...events: readonly LicenceEvent[]): LicencesRow | undefined {
  let row: LicencesRow | undefined;
  for (const event of events) {
    const stream = `identity.company/${COMPANY}`;
    const ids = { id: '', key: COMPANY, correlationId: '', causationId: '', actor: 'user:x' as const };
    row = licencesProjection.project(row, { ...event, meta: { ...ids, stream, version: 1, time: '' } });
  }
  return row;
}

const granted = (product: 'contacts' | 'webfaktura', validUntil?: string): LicenceEvent => ({
  type: 'identity.licence.granted',
  data: { product, licence: 'L', ...(validUntil !== undefined && { validUntil }) },
});

describe('the rows of licences that end by themselves', () => {
  it('say which of a company’s ends first', () => {
    expect(rowAfter(granted('contacts', LATE), granted('webfaktura', EARLY))).toEqual({
      company: COMPANY,
      ends: { contacts: LATE, webfaktura: EARLY },
      next_end: EARLY,
    });
  });

  it('are gone when none ends by itself any more', () => {
    const ended: LicenceEvent = { type: 'identity.licence.expired', data: { product: 'contacts' } };
    expect(rowAfter(granted('contacts'))).toBeUndefined();
    expect(rowAfter(granted('contacts', EARLY), granted('contacts'))).toBeUndefined();
    expect(rowAfter(granted('contacts', EARLY), ended)).toBeUndefined();
    expect(rowAfter(granted('contacts', EARLY), granted('webfaktura', LATE), ended)?.next_end).toBe(LATE);
  });
});
