import type { LookUpOutcome, SendOutcome } from '@samspill/eventlog';
import { z } from 'zod';
import type { Crm, CrmCheck, Crms, CrmWish } from './crm.js';

/** As quick as a test may be. */
const LIMITS = { batchSize: 10, callTimeoutMs: 5_000, settleMs: 20 };

const message = z.object({ message: z.string() });
const shown = z.object({ content: z.string(), id: z.string() });
const made = z.object({ id: z.string() });

/** A CRM without anything of a vendor's: records of an `OutsideSystem`, over HTTP, a request for each. */
export class ToyCrm implements Crm {
  readonly limits = LIMITS;

  constructor(private readonly url: string) {}

  async write(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly SendOutcome[]> {
    return await Promise.all(wishes.map((wish) => this.#write(wish, signal)));
  }

  async lookUp(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly LookUpOutcome[]> {
    return await Promise.all(wishes.map((wish) => this.#lookUp(wish, signal)));
  }

  async check(signal: AbortSignal): Promise<CrmCheck> {
    const response = await fetch(`${this.url}/things/check`, { signal });
    if (response.status === 404) return { kind: 'ready', account: 'toy/1' };
    return { kind: 'not-ready', code: 'crm.failing', words: message.parse(await response.json()).message };
  }

  async #write(wish: CrmWish, signal: AbortSignal): Promise<SendOutcome> {
    const value = wish.wish === 'put' ? wish.record : { [wish.wish]: true };
    try {
      const response = await fetch(this.#thing(wish), {
        method: 'PUT',
        body: JSON.stringify({ content: wish.content, value }),
        headers: { 'content-type': 'application/json', 'idempotency-key': wish.idempotencyKey },
        signal,
      });
      const body: unknown = await response.json();
      if (response.ok) return { kind: 'confirmed', reference: made.parse(body).id };
      const words = message.parse(body).message;
      if (response.status === 422) return { kind: 'refused', code: 'crm.record-refused', words };
      if (response.status === 429 || response.status === 503)
        return { kind: 'not-sent', code: 'crm.failing', words, holdsUp: 'key' };
      return { kind: 'unknown', code: 'crm.failing', words };
    } catch (error) {
      return { kind: 'unknown', code: 'crm.unreachable', words: String(error) };
    }
  }

  async #lookUp(wish: CrmWish, signal: AbortSignal): Promise<LookUpOutcome> {
    try {
      const response = await fetch(this.#thing(wish), { signal });
      const body: unknown = await response.json();
      if (response.status === 404) return { kind: 'not-there' };
      if (!response.ok) return { kind: 'no-answer', code: 'crm.failing', words: message.parse(body).message };
      const { content, id } = shown.parse(body);
      return content === wish.content ? { kind: 'there', reference: id } : { kind: 'not-there' };
    } catch (error) {
      return { kind: 'no-answer', code: 'crm.unreachable', words: String(error) };
    }
  }

  #thing({ reference }: CrmWish): string {
    return `${this.url}/things/${encodeURIComponent(reference)}`;
  }
}

/** Companies that are connected to a toy; all others are to none. */
export class ToyCrms implements Crms {
  readonly connected = new Map<string, Crm>();

  of(company: string): Promise<Crm | undefined> {
    return Promise.resolve(this.connected.get(company));
  }

  among(companies: readonly string[]): Promise<ReadonlyMap<string, Crm>> {
    const wanted = new Set(companies);
    return Promise.resolve(new Map([...this.connected].filter(([company]) => wanted.has(company))));
  }
}
