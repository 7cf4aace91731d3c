import { createECDH } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import type { ServerSecret, ServerSecrets } from '../credentials/server-secrets.js';

export const SIGNING_ALGORITHM = 'ES256';
const DAY_MS = 24 * 60 * 60_000;
/** A new key a month. */
export const ROTATE_AFTER_MS = 30 * DAY_MS;
/** A key is shown for as long as it has signed and tokens of it may be about, and a good while longer. */
const SHOWN_MS = ROTATE_AFTER_MS + 7 * DAY_MS;
/** A new key is shown this long before it signs: by then whoever checks tokens has it. */
const SHOWN_BEFORE_MS = 60 * 60_000;

/** The keys that tokens are signed with, the one that signs first; made and replaced when they are asked for. */
export async function signingKeys(secrets: ServerSecrets, now: Date): Promise<readonly JWK[]> {
  const all = await secrets.all('signing', now, ROTATE_AFTER_MS);
  const age = ({ madeAt }: ServerSecret): number => now.getTime() - madeAt.getTime();
  const shown = all.filter((secret, index) => index === 0 || age(secret) < SHOWN_MS);
  const ready = shown.filter((secret) => age(secret) >= SHOWN_BEFORE_MS);
  await secrets.dropBefore('signing', new Date(now.getTime() - 2 * SHOWN_MS));
  return [...ready, ...shown.filter((secret) => !ready.includes(secret))].map(privateKey);
}

/** Any 32 bytes are a private key on P-256, but for one in 2^32. */
function privateKey({ id, value }: ServerSecret): JWK {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(value);
  const point = curve.getPublicKey();
  return {
    kty: 'EC',
    crv: 'P-256',
    kid: id,
    alg: SIGNING_ALGORITHM,
    use: 'sig',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
    d: value.toString('base64url'),
  };
}
