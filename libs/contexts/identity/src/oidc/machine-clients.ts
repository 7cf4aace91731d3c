import type { JWK } from 'oidc-provider';
import type { OidcStore } from './oidc-store.js';
import { SIGNING_ALGORITHM } from './signing-keys.js';

/**
 * Clients that sign in by a key of their own (`private_key_jwt`): gateways after their pairing, and services. Registering one again
 * replaces its key.
 */
export class MachineClients {
  constructor(private readonly store: OidcStore) {}

  /** @param publicKey P-256, without its private part */
  async register(clientId: string, publicKey: JWK): Promise<void> {
    const { kty, crv, x, y, kid } = publicKey;
    await this.store.adapter('Client').upsert(
      clientId,
      {
        client_id: clientId,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: SIGNING_ALGORITHM,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        jwks: {
          keys: [{ kty, crv, x, y, use: 'sig', alg: SIGNING_ALGORITHM, ...(kid !== undefined && { kid }) }],
        },
      },
      0,
    );
  }

  async remove(clientId: string): Promise<void> {
    await this.store.adapter('Client').destroy(clientId);
  }
}
