import type { z } from 'zod';

import { allOrNone, type Environment, type SettingFault } from './read-settings.js';
import { oneOf, readableFile } from './setting-types.js';
import { tlsFiles } from './tls-files.js';

const TLS_NAME = 'SAMSPILL_DATABASE_TLS';
const FILE_NAMES = [
  'SAMSPILL_DATABASE_CA_FILE',
  'SAMSPILL_DATABASE_CERT_FILE',
  'SAMSPILL_DATABASE_KEY_FILE',
] as const;

/** TLS to the service's own database, for connection strings that come from elsewhere and say nothing of it. */
export const databaseTlsSettings = {
  [TLS_NAME]: oneOf(['as-in-url', 'verify-full']).prefault('as-in-url').meta({
    description:
      'verify-full: TLS, and the server has to prove its name, whatever the connection string says; as-in-url: what it says',
  }),
  SAMSPILL_DATABASE_CA_FILE: readableFile().optional().meta({
    description:
      'PEM file of the authorities that the database is trusted by; those that Node knows unless set',
  }),
  SAMSPILL_DATABASE_CERT_FILE: readableFile().optional().meta({
    description: 'PEM file of our own certificate, where the database asks for one',
  }),
  SAMSPILL_DATABASE_KEY_FILE: readableFile().optional().meta({
    description: 'PEM file of the key of SAMSPILL_DATABASE_CERT_FILE',
  }),
} as const;

type Settings = z.output<z.ZodObject<typeof databaseTlsSettings>>;

export function databaseTlsIsWhole(given: Environment): readonly SettingFault[] {
  const [, cert, key] = FILE_NAMES;
  const unused =
    given[TLS_NAME] === 'verify-full'
      ? []
      : FILE_NAMES.filter((name) => given[name] !== undefined).map((name) => ({
          name,
          detail: `is set, although ${TLS_NAME} is not verify-full`,
        }));
  return [...unused, ...allOrNone([cert, key], given)];
}

/**
 * The connection string with what the settings want of TLS, as libpq's parameters: every client of ours understands those, and pg
 * reads the files again for each connection, so that renewed ones are taken up.
 */
export function withDatabaseTls(url: string, settings: Settings): string {
  if (settings[TLS_NAME] === 'as-in-url') return url;
  const secured = new URL(url);
  for (const name of ['ssl', 'sslrootcert', 'sslcert', 'sslkey']) secured.searchParams.delete(name);
  secured.searchParams.set('sslmode', 'verify-full');
  const files = tlsFiles(
    settings.SAMSPILL_DATABASE_CA_FILE,
    settings.SAMSPILL_DATABASE_CERT_FILE,
    settings.SAMSPILL_DATABASE_KEY_FILE,
  );
  if (files?.caFile !== undefined) secured.searchParams.set('sslrootcert', files.caFile);
  if (files?.own !== undefined) {
    secured.searchParams.set('sslcert', files.own.certFile);
    secured.searchParams.set('sslkey', files.own.keyFile);
  }
  return secured.href;
}
