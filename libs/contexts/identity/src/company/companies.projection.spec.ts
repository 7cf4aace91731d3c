import { describe, expect, it } from '@jest/globals';
import type { CompanyEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { companiesProjection, type CompaniesRow } from './companies.projection.js';

const company = '0193b5c0-7a10-7000-8000-00000000cafe';
const details = {
  name: 'Ærlig Handel AS',
  organisationNumber: '923609016',
  country: 'NO',
  address: { lines: [], postcode: '5003', country: 'NO' },
};

function rowAfter(...events: readonly CompanyEvent[]): CompaniesRow | undefined {
  let row: CompaniesRow | undefined;
  events.forEach((event, index) => {
    const meta: Recorded['meta'] = {
      id: `event-${index}`,
      stream: `identity.company/${company}`,
      version: index + 1,
      key: company,
      time: `2025-01-0${index + 1}T00:00:00.000Z`,
      actor: 'user:local',
      correlationId: 'test',
      causationId: 'test',
    };
    row = companiesProjection.project(row, { ...event, meta });
  });
  return row;
}

describe('the companies projection', () => {
  it('C12 shows a registered company, findable by its folded name', () => {
    expect(rowAfter({ type: 'identity.company.registered', data: details })).toMatchObject({
      company,
      name: 'Ærlig Handel AS',
      sort_name: 'aerlig handel as',
      number_key: '923609016',
      synchronised: [],
      registered_at: '2025-01-01T00:00:00.000Z',
    });
  });

  it('C28 follows the switch and the details', () => {
    const row = rowAfter(
      { type: 'identity.company.registered', data: details },
      { type: 'identity.company.sync-enabled', data: { product: 'contacts' } },
      { type: 'identity.company.details-changed', data: { ...details, name: 'Ny' } },
    );
    expect(row).toMatchObject({
      name: 'Ny',
      synchronised: ['contacts'],
      registered_at: '2025-01-01T00:00:00.000Z',
      changed_at: '2025-01-03T00:00:00.000Z',
    });
    const off = rowAfter(
      { type: 'identity.company.registered', data: details },
      { type: 'identity.company.sync-enabled', data: { product: 'contacts' } },
      { type: 'identity.company.sync-disabled', data: { product: 'contacts' } },
    );
    expect(off?.synchronised).toEqual([]);
  });
});
