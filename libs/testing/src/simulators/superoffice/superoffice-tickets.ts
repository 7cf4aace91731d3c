import { createVerify, generateKeyPairSync } from 'node:crypto';
import { textOf } from '../json.js';
import type { VendorAnswer } from '../vendor-server.js';

const RSA_BITS = 2048;

/** Exchanges the system user's signed token for tickets: https://docs.superoffice.com/en/authentication/online/auth-application/get-system-user-ticket.html */
export class SuperOfficeTickets {
  readonly customer = 'Cust12345';
  readonly applicationToken = 'app-simulated';
  readonly systemUserToken = 'App-abc';
  /** PEM; the other half stays here. */
  readonly privateKey: string;
  readonly #publicKey: string;
  readonly #good = new Set<string>();
  #made = 0;

  constructor() {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: RSA_BITS,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    this.privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
  }

  isGood(authorization: string | undefined): boolean {
    return this.#good.has(authorization?.replace('SOTicket ', '') ?? '');
  }

  endAll(): void {
    this.#good.clear();
  }

  exchange(body: unknown): VendorAnswer {
    const [token, time = '', ...signature] = (textOf(body, 'SignedSystemToken') ?? '').split('.');
    const isGood =
      token === this.systemUserToken &&
      textOf(body, 'ApplicationToken') === this.applicationToken &&
      textOf(body, 'ContextIdentifier') === this.customer &&
      /^\d{12}$/.test(time) &&
      createVerify('RSA-SHA256')
        .update(`${token}.${time}`)
        .verify(this.#publicKey, signature.join('.'), 'base64');
    if (!isGood) {
      const ErrorMessage = 'Invalid signature or token';
      return { status: 200, body: { IsSuccessful: false, Token: null, ErrorMessage } };
    }
    const ticket = `7T:${(this.#made += 1)}`;
    this.#good.add(ticket);
    const claims = { 'http://schemes.superoffice.net/identity/ticket': ticket };
    const jwt = ['{"alg":"RS256"}', JSON.stringify(claims), 'unsigned'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    return { status: 200, body: { IsSuccessful: true, Token: jwt.join('.'), ErrorMessage: null } };
  }
}
