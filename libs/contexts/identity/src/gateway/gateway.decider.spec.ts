import { describe, it } from '@jest/globals';
import type { GatewayEvent, GatewayKey, GatewayReport } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { gatewayDecider, type GatewayCommand } from './gateway.decider.js';

const given = specificationOf(gatewayDecider);
const offer = { name: 'Server room', secretHash: 'aa', validUntil: '2026-03-02T12:00:00.000Z' };
const key: GatewayKey = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const otherKey: GatewayKey = { ...key, x: 'AAAAAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const report: GatewayReport = { gatewayVersion: '5.3', erp: { product: 'visma-global', version: '13.02' } };
const offered: GatewayEvent = { type: 'identity.gateway.pairing-offered', data: offer };
const paired: GatewayEvent = { type: 'identity.gateway.paired', data: { key } };
const connected: GatewayEvent = { type: 'identity.gateway.connected', data: report };
const disconnected: GatewayEvent = { type: 'identity.gateway.disconnected', data: {} };
const unpaired: GatewayEvent = { type: 'identity.gateway.unpaired', data: {} };
const pair = (changes: Partial<Extract<GatewayCommand, { kind: 'pair' }>> = {}): GatewayCommand => ({
  kind: 'pair',
  secretHash: offer.secretHash,
  key,
  now: new Date('2026-03-01T12:00:00.000Z'),
  ...changes,
});

describe('the pairing of a gateway', () => {
  it('W2 takes the code that was offered, once', () => {
    given()
      .when({ kind: 'offer-pairing', ...offer })
      .then(offered);
    given(offered).when(pair()).then(paired);
    given(offered, paired)
      .when(pair({ key: otherKey }))
      .thenRejected('gateway.pairing-refused');
  });

  it('answers the same gateway the same when it sends its code again: a lost answer locks nobody out', () =>
    given(offered, paired, connected).when(pair()).then());

  it('refuses a wrong code, one that is too old, and any after the pairing was ended, all in the same way', () => {
    given(offered)
      .when(pair({ secretHash: 'bb' }))
      .thenRejected('gateway.pairing-refused');
    given(offered)
      .when(pair({ now: new Date(offer.validUntil) }))
      .thenRejected('gateway.pairing-refused');
    given(offered, unpaired).when(pair()).thenRejected('gateway.pairing-refused');
    given(offered, paired, unpaired).when(pair()).thenRejected('gateway.pairing-refused');
    given().when(pair()).thenRejected('gateway.pairing-refused');
  });
});

describe('the connection of a gateway', () => {
  it('W12 comes with versions, and goes', () => {
    given(offered, paired).when({ kind: 'connect', report }).then(connected);
    given(offered, paired, connected).when({ kind: 'disconnect' }).then(disconnected);
    given(offered, paired, connected, disconnected).when({ kind: 'connect', report }).then(connected);
  });

  it('is said again only when something is new', () => {
    const upgraded = { ...report, gatewayVersion: '5.4' };
    given(offered, paired, connected).when({ kind: 'connect', report }).then();
    given(offered, paired, connected)
      .when({ kind: 'connect', report: upgraded })
      .then({ type: 'identity.gateway.connected', data: upgraded });
    given(offered, paired).when({ kind: 'disconnect' }).then();
  });

  it('is none before the pairing, nor after its end', () => {
    given(offered).when({ kind: 'connect', report }).thenRejected('gateway.not-found');
    given(offered, paired, unpaired).when({ kind: 'connect', report }).thenRejected('gateway.not-found');
    given(offered, paired, connected).when({ kind: 'unpair' }).then(unpaired);
    given(offered, paired, unpaired).when({ kind: 'unpair' }).then();
  });
});
