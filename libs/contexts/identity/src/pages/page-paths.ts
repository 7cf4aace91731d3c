import type { LinkPurpose } from '@samspill/contracts';

/** Where people's pages are. */
export const PAGES = '/api/identity/account';
/** Where the provider sends people to sign in; the interaction's id follows. */
export const SIGN_IN = '/api/identity/sign-in';
/** Path of the issuer. */
export const ISSUER_PATH = '/api/identity/oidc';
export const MAILBOX = '/api/identity/mailbox';

const BY_PURPOSE: Readonly<Record<LinkPurpose, string>> = {
  activation: 'activate',
  password: 'password',
  email: 'confirm-email',
};

/** The address in a mail. */
export function pageAddress(publicOrigin: string, purpose: LinkPurpose, token: string): string {
  return `${publicOrigin}${PAGES}/${BY_PURPOSE[purpose]}?link=${token}`;
}
