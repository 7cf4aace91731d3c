import { describe, it } from '@jest/globals';
import type { LinkEvent } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { DEFAULT_SETTINGS, linkDecider } from './link.decider.js';

const given = specificationOf(linkDecider);
const started: LinkEvent = { type: 'crm.link.started', data: {} };
const stopped: LinkEvent = { type: 'crm.link.stopped', data: {} };
const diagnosed = (code: string): LinkEvent => ({ type: 'crm.link.diagnosed', data: { code } });
const settings = (changes: Partial<typeof DEFAULT_SETTINGS>): LinkEvent => ({
  type: 'crm.link.settings-changed',
  data: { settings: { ...DEFAULT_SETTINGS, ...changes }, changed: Object.keys(changes) },
});

describe('the link to a CRM', () => {
  it('is started and stopped, and doing so twice is no news (L1)', () => {
    given().when({ kind: 'start', found: 'crm.ready' }).then(started);
    given(started).when({ kind: 'start', found: 'crm.ready' }).then();
    given(started).when({ kind: 'stop' }).then(stopped);
    given(started, stopped).when({ kind: 'stop' }).then();
    given(started, stopped).when({ kind: 'start', found: 'crm.ready' }).then(started);
  });

  it('is not started where somebody has to do something first, and says what (L3)', () => {
    for (const found of ['crm.not-connected', 'crm.sign-in-refused', 'crm.set-up-missing'] as const)
      given().when({ kind: 'start', found }).then(diagnosed(found));
    given(diagnosed('crm.sign-in-refused'))
      .when({ kind: 'start', found: 'crm.ready' })
      .then(diagnosed('crm.ready'), started);
  });

  it('is started where what is the matter heals by itself (L11)', () => {
    given().when({ kind: 'start', found: 'crm.unreachable' }).then(diagnosed('crm.unreachable'), started);
  });

  it('has switches of its own for customers and orders (L4, L9)', () => {
    given()
      .when({ kind: 'change-settings', settings: { orders: false } })
      .then(settings({ orders: false }));
    given(settings({ orders: false }))
      .when({ kind: 'change-settings', settings: { orders: false, customers: true } })
      .then();
    given(settings({ orders: false }))
      .when({ kind: 'change-settings', settings: { customers: false } })
      .then({
        type: 'crm.link.settings-changed',
        data: { settings: { ...DEFAULT_SETTINGS, orders: false, customers: false }, changed: ['customers'] },
      });
  });

  it('is not started with nothing to transfer', () => {
    given(settings({ orders: false, customers: false }))
      .when({ kind: 'start', found: 'crm.ready' })
      .thenRejected('link.nothing-to-transfer');
  });

  it('remembers that its watermark was moved, by the clock that it was said by (L5)', () => {
    const moved = {
      to: '2026-02-27T23:00:00.000Z',
      said: { local: '2026-02-28T00:00', timeZone: 'Europe/Oslo' },
      reason: 'Case 17',
      redeliveries: {},
    };
    given(started)
      .when({ kind: 'move-watermark', moved })
      .then({ type: 'crm.link.watermark-moved', data: moved });
  });
});
