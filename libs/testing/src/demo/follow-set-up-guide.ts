import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';

export type SetUpMethod = 'GET' | 'POST' | 'PUT';

/** A call of the public API: the path from `/api/…`, and the parsed answer. @throws Error where it is refused */
export type SetUpCall = (method: SetUpMethod, path: string, body?: object) => Promise<unknown>;

export interface SetUpOptions {
  readonly product?: 'contacts' | 'webfaktura';
  /** E-mail address of who gets a role for the product, where nobody has one; registered where nobody has the address. */
  readonly email?: string;
}

/** More steps than any product has: a step that stays missing is a failure, not a loop. */
const MAX_STEPS = 20;

const guideAnswer = z.object({
  products: z.array(
    z.object({
      product: z.string(),
      steps: z.array(z.object({ prerequisite: z.string(), state: z.string(), why: z.string() })),
    }),
  ),
});
const offer = z.object({ code: z.string() });
const user = z.object({ id: z.string() });
const gateways = z.object({ gateways: z.array(z.object({ id: z.string(), state: z.string() })) });

/** What runs at the customer's, as the newest of everything. */
const REPORT = {
  gatewayVersion: '5.4',
  erp: { product: 'visma-global', version: '14.00' },
  webfakturaAdmin: '2.2.20',
};

/**
 * Does what the set-up guide of a registered company names, step by step, until the product works: as its people and its gateway would.
 * Done again it does nothing.
 */
export async function followSetUpGuide(
  call: SetUpCall,
  company: string,
  { product = 'contacts', email = 'kari.nordmann@example.com' }: SetUpOptions = {},
): Promise<void> {
  const path = `/api/identity/v1/companies/${company}`;
  const actions: Readonly<Record<string, () => Promise<unknown>>> = {
    licence: () => call('PUT', `${path}/licences/${product}`, { licence: 'Visma online 100200' }),
    'integration-activated': () => call('PUT', `${path}/integration`),
    'gateway-paired': () => pairGateway(call, path),
    'gateway-connected': () => connectGateway(call, path),
    'product-added': () => call('PUT', `${path}/products/${product}`),
    'user-with-role': async () => {
      const form = { firstName: 'Kari', lastName: 'Nordmann', email };
      const { id } = user.parse(await call('POST', '/api/identity/v1/users', form));
      await call('PUT', `${path}/users/${id}/roles/${product}`, { level: 'user' });
    },
    'synchronisation-on': () => call('PUT', `${path}/synchronisation/${product}`, { enabled: true }),
  };
  for (let done = 0; done < MAX_STEPS; done += 1) {
    const guide = guideAnswer.parse(await call('GET', `${path}/set-up`));
    const steps = guide.products.find((entry) => entry.product === product)?.steps ?? [];
    const next = steps.find(({ state }) => state === 'missing');
    if (!next) return;
    const act = actions[next.prerequisite];
    if (!act) throw new Error(`${next.prerequisite} is missing: ${next.why}`);
    await act();
  }
  throw new Error(`The set-up of ${company} for ${product} did not come to its end`);
}

async function pairGateway(call: SetUpCall, path: string): Promise<void> {
  const { code } = offer.parse(await call('POST', `${path}/gateways`, { name: 'Server room' }));
  const { kty, crv, x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  await call('POST', '/api/identity/v1/gateway-pairings', { code, key: { kty, crv, x } });
}

async function connectGateway(call: SetUpCall, path: string): Promise<void> {
  const known = gateways.parse(await call('GET', `${path}/gateways`));
  const gateway = known.gateways.find(({ state }) => state === 'disconnected');
  if (!gateway) throw new Error('No gateway is waiting to be connected');
  await call('PUT', `${path}/gateways/${gateway.id}/connection`, REPORT);
}
