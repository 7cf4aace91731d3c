import { describe, expect, it } from '@jest/globals';
import type { CrmWish } from '../crm/crm.js';
import { readRecording, ReplayedVendor } from '../vendor/replayed.specification.js';
import { customer, put, remove } from '../vendor/wishes.specification.js';
import { connectHubSpot } from './connect-hubspot.js';

const TIMEOUT_MS = 5_000;
const scenes = readRecording(import.meta.dirname, 'hubspot-recording.json');

const fjord = customer('1', {
  organisationNumber: '923609016',
  phone: '+4722334455',
  address: { lines: ['Storgata 1'], postcode: '0150', town: 'Oslo', country: 'NO' },
});
const newCustomer: CrmWish = { ...put(fjord), content: 'content-1' };

/** The simulator is ours as well: what the client says and understands is held against the documentation itself. */
describe('What goes to HubSpot and comes back, as its documentation has it', () => {
  it.each<[string, CrmWish, object]>([
    ['a new customer', newCustomer, { kind: 'confirmed', reference: '512' }],
    ['an order that is deleted', remove('order', '7'), { kind: 'confirmed', reference: '900' }],
    [
      'too many requests',
      newCustomer,
      {
        kind: 'not-sent',
        code: 'crm.rate-limited',
        words: expect.stringContaining('ten_secondly_rolling'),
        holdsUp: 'key',
        retryAfterMs: 10_000,
      },
    ],
  ])('%s', async (what, wish, outcome) => {
    await using vendor = await ReplayedVendor.start();
    const crm = connectHubSpot({
      secrets: { kind: 'private-app', token: 'pat-recorded' },
      keep: () => Promise.resolve(),
      origin: vendor.url,
    });
    const exchanges = scenes.get(what) ?? [];
    vendor.replay(exchanges);
    expect(await crm.write([wish], AbortSignal.timeout(TIMEOUT_MS))).toMatchObject([outcome]);
    expect(vendor.received).toEqual(exchanges.map(({ request }) => request));
  });
});
