import type { UserLanguage } from '@samspill/contracts';
import type { RawReply, RawRequest } from '../oidc/to-provider.js';
import { layout, pageHeaders, type Page } from '../pages/layout.js';
import { languageOf, sayIn, type Say } from '../pages/words.js';

/** What pages use of Fastify's request and reply. */
export interface PageRequest extends RawRequest {
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
export interface PageReply extends RawReply {
  code(status: number): PageReply;
  header(name: string, value: string): PageReply;
  send(body: string): unknown;
}

export function languageAsked({ headers }: PageRequest): UserLanguage {
  const header = headers['accept-language'];
  return languageOf(typeof header === 'string' ? header : undefined);
}

export interface ShownPage {
  readonly language: UserLanguage;
  readonly page: (say: Say) => Page;
  readonly status?: number;
  readonly formTargets?: readonly string[];
}

export function showPage(
  reply: PageReply,
  { language, page, status = 200, formTargets = [] }: ShownPage,
): void {
  reply.code(status);
  for (const [name, value] of Object.entries(pageHeaders(formTargets))) reply.header(name, value);
  reply.send(layout(language, page(sayIn(language))));
}

/** After a form: so that loading the page again does not send it again. */
export function seeOther(reply: PageReply, address: string): void {
  reply
    .code(303)
    .header('location', address)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .send('');
}

/** The text of a form's field; empty where there is none. */
export function field(form: unknown, name: string): string {
  return form instanceof URLSearchParams ? (form.get(name) ?? '') : '';
}

export function minutesUntil(until: Date, now: Date): number {
  return Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 60_000));
}
