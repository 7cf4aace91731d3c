import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ServerSecrets } from '../credentials/server-secrets.js';
import type { PageRequest } from './page-request.js';

/** Pages on which a password is asked for. */
const PATH = '/api/identity';
const NAME = 'samspill_device';
/** Renewed at each sign-in; who has not signed in for half a year is a stranger in that browser. */
const VALID_MS = 180 * 24 * 60 * 60_000;
const NONCE_BYTES = 16;

/**
 * Cookies of browsers in which somebody has signed in before (OWASP's device cookies). Wrong passwords from elsewhere do not hold up a
 * sign-in there: such a browser has a count of failures of its own. The cookie names nobody; it is good for one user, whom the MAC is over.
 */
export class DeviceCookies {
  constructor(
    private readonly secrets: ServerSecrets,
    private readonly publicOrigin: string,
  ) {}

  /** The header that makes a browser one in which a user has signed in. */
  async headerFor(user: string, now: Date): Promise<string> {
    const [key] = await this.secrets.all('device', now);
    const until = now.getTime() + VALID_MS;
    const body = `${randomBytes(NONCE_BYTES).toString('base64url')}.${until}`;
    const value = `${body}.${macOf(key.value, body, user).toString('base64url')}`;
    const secure = this.publicOrigin.startsWith('https:') ? '; Secure' : '';
    return `${NAME}=${value}; Path=${PATH}; Max-Age=${VALID_MS / 1000}; HttpOnly; SameSite=Lax${secure}`;
  }

  /** What names the browser, where the user has signed in in it before. */
  async deviceOf(cookie: string, user: string, now: Date): Promise<string | undefined> {
    const keys = await this.secrets.all('device', now);
    const [nonce = '', until = '', mac = ''] = cookie.split('.');
    const given = Buffer.from(mac, 'base64url');
    const isOurs = keys.some(({ value }) => {
      const right = macOf(value, `${nonce}.${until}`, user);
      return right.length === given.length && timingSafeEqual(right, given);
    });
    return isOurs && Number(until) > now.getTime() ? nonce : undefined;
  }
}

/** The cookie as a browser sent it; empty where there is none. */
export function deviceCookie({ headers }: PageRequest): string {
  const sent = headers['cookie'];
  const pairs = (typeof sent === 'string' ? sent : '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${NAME}=`))?.slice(NAME.length + 1) ?? '';
}

function macOf(key: Buffer, body: string, user: string): Buffer {
  return createHmac('sha256', key).update(`device\0${user}\0`).update(body).digest();
}
