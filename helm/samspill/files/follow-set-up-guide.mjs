/**
 * Does what the set-up guide of a registered company names, step by step, until contacts can be synchronised: as its people and its
 * gateway would. Done again it does nothing.
 */
import { generateKeyPairSync } from 'node:crypto';

const MAX_STEPS = 20;
const PRODUCT = 'contacts';
const USER = { firstName: 'Kari', lastName: 'Nordmann', email: 'kari.nordmann@example.com' };
const REPORT = { gatewayVersion: '5.4', erp: { product: 'visma-global', version: '14.00' } };

/** @param ask `(method, path, body) => answer`, with paths of identity's API from `companies/…` */
export async function followSetUpGuide(ask, company) {
  const path = `companies/${company}`;
  const actions = {
    licence: () => ask('PUT', `${path}/licences/${PRODUCT}`, { licence: 'Visma online 100200' }),
    'integration-activated': () => ask('PUT', `${path}/integration`),
    'gateway-paired': async () => {
      const { code } = await ask('POST', `${path}/gateways`, { name: 'Server room' });
      const { kty, crv, x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
      await ask('POST', 'gateway-pairings', { code, key: { kty, crv, x } });
    },
    'gateway-connected': async () => {
      const { gateways } = await ask('GET', `${path}/gateways`);
      const { id } = gateways.find(({ state }) => state === 'disconnected');
      await ask('PUT', `${path}/gateways/${id}/connection`, REPORT);
    },
    'user-with-role': async () => {
      const { id } = await ask('POST', 'users', USER);
      await ask('PUT', `${path}/users/${id}/roles/${PRODUCT}`, { level: 'user' });
    },
    'synchronisation-on': () => ask('PUT', `${path}/synchronisation/${PRODUCT}`, { enabled: true }),
  };
  for (let done = 0; done < MAX_STEPS; done += 1) {
    const { products } = await ask('GET', `${path}/set-up`);
    const { steps } = products.find(({ product }) => product === PRODUCT);
    const next = steps.find(({ state }) => state === 'missing');
    if (next === undefined) return;
    if (!(next.prerequisite in actions)) throw new Error(`${next.prerequisite} is missing: ${next.why}`);
    await actions[next.prerequisite]();
  }
  throw new Error(`The set-up of ${company} did not come to its end`);
}
