import { createHash, randomBytes } from 'node:crypto';
import { isCompanyId, type CompanyId } from '@samspill/kernel';

/** 128 bits: nobody finds the secret from its hash, nor by trying. */
const SECRET_BYTES = 16;
const SECRET = /^[A-Za-z0-9_-]{22}$/;
/** Long enough to walk over to the server, short enough that a forgotten note is worth nothing. */
export const PAIRING_VALID_MS = 24 * 60 * 60 * 1000;
/** Longer than any code. */
export const PAIRING_CODE_MAX_LENGTH = 200;

/** What somebody copies into the gateway: the company and the gateway that it is for, and a secret that is kept nowhere. */
export interface PairingCode {
  readonly company: CompanyId;
  readonly gateway: string;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
}

export function newPairingSecret(): { readonly secret: string; readonly secretHash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { secret, secretHash: hashOf(secret) };
}

export function writePairingCode(company: CompanyId, gateway: string, secret: string): string {
  return [company, gateway, secret].join('.');
}

/** undefined where a text is no code. */
export function readPairingCode(text: string): PairingCode | undefined {
  const [company = '', gateway = '', secret = '', ...more] = text.trim().split('.');
  if (more.length > 0 || !isCompanyId(company) || !isCompanyId(gateway) || !SECRET.test(secret))
    return undefined;
  return { company, gateway, secretHash: hashOf(secret) };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
