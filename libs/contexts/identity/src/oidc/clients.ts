import type { ClientMetadata } from 'oidc-provider';
import { PAGES } from '../pages/page-paths.js';

/** Audience of access tokens: every service of ours. */
export const RESOURCE = 'urn:samspill';
/** Clients that everybody knows; gateways and services are registered one by one, with a key of their own. */
export const ACCOUNT_CLIENT = 'samspill-account';
export const CONSOLE_CLIENT = 'samspill-console';
export const COMMAND_LINE_CLIENT = 'samspill-cli';

/** Where the pages of ours come back to from signing in. */
export const SIGNED_IN = `${PAGES}/signed-in`;

export function knownClients(publicOrigin: string): readonly ClientMetadata[] {
  const isPublic = { token_endpoint_auth_method: 'none' } as const;
  return [
    {
      ...isPublic,
      client_id: ACCOUNT_CLIENT,
      redirect_uris: [`${publicOrigin}${SIGNED_IN}`],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      post_logout_redirect_uris: [`${publicOrigin}${PAGES}/signed-out`],
    },
    {
      ...isPublic,
      client_id: CONSOLE_CLIENT,
      redirect_uris: [`${publicOrigin}/signed-in`],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      post_logout_redirect_uris: [`${publicOrigin}/`],
    },
    {
      ...isPublic,
      client_id: COMMAND_LINE_CLIENT,
      redirect_uris: [],
      response_types: [],
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    },
  ];
}
