import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid } from '@samspill/kernel';
import type { ServerSecrets } from './server-secrets.js';

/** The user and the link that a mail's token names. */
export interface LinkToken {
  readonly user: string;
  readonly link: string;
}

const MAC_BYTES = 32;
const UUID_BYTES = 16;

/**
 * The secret in links of mails: a MAC over the user and the link, whose names alone are on the log. A mail that is sent twice so has the
 * same link, and nothing is stored that could be used in its place.
 */
export class LinkTokens {
  constructor(private readonly secrets: ServerSecrets) {}

  async tokenOf({ user, link }: LinkToken): Promise<string> {
    const [key] = await this.secrets.all('link', new Date());
    const names = Buffer.concat([uuidBytes(user), uuidBytes(link)]);
    return Buffer.concat([names, macOf(key.value, names)]).toString('base64url');
  }

  /** Undefined where it is none of ours; whether it can still be used, the user's stream says. */
  async read(token: string): Promise<LinkToken | undefined> {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== 2 * UUID_BYTES + MAC_BYTES) return undefined;
    const names = bytes.subarray(0, 2 * UUID_BYTES);
    const keys = await this.secrets.all('link', new Date());
    const isOurs = keys.some(({ value }) =>
      timingSafeEqual(macOf(value, names), bytes.subarray(2 * UUID_BYTES)),
    );
    if (!isOurs) return undefined;
    const user = uuidText(names.subarray(0, UUID_BYTES));
    const link = uuidText(names.subarray(UUID_BYTES));
    return isUuid(user) && isUuid(link) ? { user, link } : undefined;
  }
}

function macOf(key: Buffer, names: Buffer): Buffer {
  return createHmac('sha256', key).update('link\0').update(names).digest();
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
