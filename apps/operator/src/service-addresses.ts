import { topics } from '@samspill/contracts';
import { EXIT, Stop } from './exit-codes.js';

/** Where `npm start` listens. */
export const DEFAULT_URL = 'http://127.0.0.1:4280';
/** What whoever asks shows services that have sign-in. Never an option: options are seen by everybody on the machine. */
export const TOKEN_VARIABLE = 'SAMSPILL_OPERATOR_TOKEN';
export const URLS_VARIABLE = 'SAMSPILL_OPERATOR_URLS';

/** Every service that there is; its name is that of its context. */
const KNOWN_SERVICES: readonly string[] = Object.keys(topics);

export interface ServiceAddress {
  readonly service: string;
  /** Without a slash at its end. */
  readonly url: string;
}

export interface ServiceAddresses {
  readonly services: readonly ServiceAddress[];
  /** All behind one address, where a service that is not there is left out; otherwise each was named. */
  readonly isOneOrigin: boolean;
}

/**
 * @param url of `--url`, which goes before everything else
 * @param urls of the environment: `contacts=http://…,identity=http://…`
 * @throws Stop that names every fault
 */
export function serviceAddresses(url: string | undefined, urls: string | undefined): ServiceAddresses {
  if (url === undefined && urls !== undefined && urls.trim() !== '')
    return { services: namedAddresses(urls), isOneOrigin: false };
  const origin = httpUrl(url ?? DEFAULT_URL);
  if (origin === undefined)
    throw new Stop(EXIT.usage, `--url takes an address such as ${DEFAULT_URL}, not «${url ?? ''}».`);
  return { services: KNOWN_SERVICES.map((service) => ({ service, url: origin })), isOneOrigin: true };
}

function namedAddresses(urls: string): readonly ServiceAddress[] {
  const faults: string[] = [];
  const services: ServiceAddress[] = [];
  for (const entry of urls.split(',').map((text) => text.trim())) {
    const [, service, address = ''] = /^([a-z][a-z0-9-]*)=(.*)$/.exec(entry) ?? [];
    const url = httpUrl(address);
    if (service === undefined || url === undefined) faults.push(`«${entry}»`);
    else services.push({ service, url });
  }
  if (faults.length === 0) return services;
  throw new Stop(
    EXIT.usage,
    `${URLS_VARIABLE} takes service=address, with commas between, such as contacts=http://contacts:8080; not ${faults.join(', ')}.`,
  );
}

function httpUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return url.href.replace(/\/+$/, '');
}
