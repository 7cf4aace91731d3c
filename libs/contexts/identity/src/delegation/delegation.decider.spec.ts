import { describe, it } from '@jest/globals';
import type { DelegationEvent } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { delegationDecider, type DelegatedProduct } from './delegation.decider.js';

const given = specificationOf(delegationDecider);
const client = '0193b5c0-7a10-7000-8000-00000000cafe';
const bureau = '0193b5c0-7a12-7000-8000-0000000000b0';
const contacts: DelegatedProduct = { product: 'contacts', level: 'user' };
const webfaktura: DelegatedProduct = { product: 'webfaktura', level: 'admin' };
const delegated = (...products: DelegatedProduct[]): DelegationEvent => ({
  type: 'identity.delegation.given',
  data: { client, bureau, products },
});
const ended: DelegationEvent = { type: 'identity.delegation.ended', data: { client, bureau } };

describe('a delegation to a bureau', () => {
  it('is given for products, and takes the place of the one before', () => {
    given()
      .when({ kind: 'give', client, bureau, products: [contacts] })
      .then(delegated(contacts));
    given(delegated(contacts))
      .when({ kind: 'give', client, bureau, products: [webfaktura] })
      .then(delegated(webfaktura));
  });

  it('given again, in whatever order, does nothing', () =>
    given(delegated(contacts, webfaktura))
      .when({ kind: 'give', client, bureau, products: [webfaktura, contacts] })
      .then());

  it('is ended, once', () => {
    given(delegated(contacts)).when({ kind: 'end', client, bureau }).then(ended);
    given(delegated(contacts), ended).when({ kind: 'end', client, bureau }).then();
    given().when({ kind: 'end', client, bureau }).then();
  });

  it('is not to the company itself', () =>
    given()
      .when({ kind: 'give', client, bureau: client, products: [contacts] })
      .thenRejected('delegation.to-itself', [{ pointer: '/path/bureau', code: 'delegation.to-itself' }]));
});
