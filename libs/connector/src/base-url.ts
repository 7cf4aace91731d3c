import { PlatformError } from '@samspill/kernel';

/** Where a vendor's API may be. */
export interface AllowedHosts {
  /** Whole names, and names that begin with a dot for everything below: `.superoffice.com`. */
  readonly hosts: readonly string[];
  /** Origins that an operator has allowed besides, as a simulator's: `http://127.0.0.1:4010`. */
  readonly origins?: readonly string[];
}

/**
 * An address that calls may go to, with `/` at its end. Whoever connects a company must not make the service call addresses of their choice
 * (SSRF, OWASP API7:2023): only https, only a vendor's hosts, no credentials, no port.
 * @throws PlatformError `connector.address-refused`
 */
export function allowedUrl(text: string, { hosts, origins = [] }: AllowedHosts): URL {
  const url = URL.parse(text);
  if (!url) throw refused('is not an address');
  if (url.username !== '' || url.password !== '') throw refused('has credentials in it');
  if (url.search !== '' || url.hash !== '') throw refused('has a query or a fragment');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  if (origins.includes(url.origin)) return url;
  if (url.protocol !== 'https:') throw refused('is not https');
  if (url.port !== '') throw refused('has a port');
  const isAllowed = hosts.some((host) =>
    host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
  );
  if (!isAllowed) throw refused(`is not at ${hosts.join(' or ')}`);
  return url;
}

function refused(why: string): PlatformError {
  return new PlatformError('connector.address-refused', `The address ${why}.`, false);
}
