import { describe, expect, it } from '@jest/globals';
import type { CompanyDetails, CompanyEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { identityReverting } from './company.revert.js';

const stream = 'identity.company/01989a2e-0000-7000-8000-000000000001';
const details: CompanyDetails = {
  name: 'Fjord Handel AS',
  organisationNumber: '923609016',
  country: 'NO',
  address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
};
const registered: CompanyEvent = { type: 'identity.company.registered', data: details };
const renamed: CompanyEvent = {
  type: 'identity.company.details-changed',
  data: { ...details, name: 'Feil AS' },
};
const enabled: CompanyEvent = { type: 'identity.company.sync-enabled', data: { product: 'contacts' } };

function reverted(then: readonly CompanyEvent[], now: readonly CompanyEvent[]): unknown {
  const recorded = (events: readonly CompanyEvent[]): readonly Recorded[] =>
    events.map((event, index) => ({
      ...event,
      meta: {
        id: String(index),
        stream,
        version: index + 1,
        key: '',
        time: '',
        actor: 'user:x',
        correlationId: '',
        causationId: '',
      },
    }));
  return identityReverting.rules[0]?.decide(stream, recorded(then), recorded(now));
}

describe('a company that is reverted', () => {
  it('has its name and address as they were, and its synchronisation as it is', () => {
    expect(reverted([registered], [registered, renamed, enabled])).toEqual({
      does: 'put-back',
      events: [{ type: 'identity.company.details-changed', data: details }],
    });
  });

  it('stays registered', () => {
    expect(reverted([], [registered])).toMatchObject({ does: 'impossible' });
  });

  it('is left alone where only its synchronisation was switched', () => {
    expect(reverted([registered], [registered, enabled])).toEqual({ does: 'nothing' });
  });
});
