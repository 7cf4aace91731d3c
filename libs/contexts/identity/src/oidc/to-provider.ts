import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { ISSUER_PATH } from '../pages/page-paths.js';

/** What is used of Fastify's request and reply. */
export interface RawRequest {
  readonly raw: IncomingMessage;
}
export interface RawReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>;
}

/** A request as the provider wants it: reached under the public origin, whatever a client has put into its headers. */
export function underPublicOrigin(request: IncomingMessage, publicOrigin: string): IncomingMessage {
  const { protocol, host } = new URL(publicOrigin);
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  request.headers['x-forwarded-host'] = host;
  return request;
}

/** Hands a request on to the provider, whose own routes begin at the path of the issuer. */
export async function handToProvider(
  provider: Provider,
  request: RawRequest,
  reply: RawReply,
  publicOrigin: string,
): Promise<void> {
  const raw: IncomingMessage & { originalUrl?: string } = underPublicOrigin(request.raw, publicOrigin);
  raw.originalUrl = raw.url ?? '';
  raw.url = raw.originalUrl.slice(ISSUER_PATH.length);
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, typeof value === 'object' ? [...value] : value);
  reply.hijack();
  await provider.callback()(raw, reply.raw);
}
