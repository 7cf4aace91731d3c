import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ServerSecrets } from '../credentials/server-secrets.js';
import { z } from 'zod';

/** As long as somebody may look for their phone. */
const VALID_MS = 10 * 60_000;

const step = z.object({
  /** The provider's interaction: a token of one is of no use in another. */
  uid: z.string(),
  user: z.string(),
  /** What has been shown so far, as RFC 8176 names it. */
  amr: z.array(z.string()),
  until: z.number(),
});
export type Step = Omit<z.infer<typeof step>, 'until'>;

/** How far somebody has come in signing in, carried by the page and signed. */
export class StepTokens {
  constructor(private readonly secrets: ServerSecrets) {}

  async write(passed: Step, now: Date): Promise<string> {
    const [key] = await this.secrets.all('cookie', now);
    const body = Buffer.from(JSON.stringify({ ...passed, until: now.getTime() + VALID_MS })).toString(
      'base64url',
    );
    return `${body}.${macOf(key.value, body).toString('base64url')}`;
  }

  async read(token: string, uid: string, now: Date): Promise<Step | undefined> {
    const [body = '', mac = ''] = token.split('.');
    const given = Buffer.from(mac, 'base64url');
    const keys = await this.secrets.all('cookie', now);
    const isOurs = keys.some(({ value }) => {
      const right = macOf(value, body);
      return right.length === given.length && timingSafeEqual(right, given);
    });
    if (!isOurs) return undefined;
    const parsed = step.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    const isUsable = parsed.success && parsed.data.uid === uid && parsed.data.until > now.getTime();
    return isUsable ? parsed.data : undefined;
  }
}

function macOf(key: Buffer, body: string): Buffer {
  return createHmac('sha256', key).update('step\0').update(body).digest();
}
