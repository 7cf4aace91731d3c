import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

import type { TlsFiles } from '../configuration/tls-files.js';

/**
 * What a TLS connection is made with. The files are read when the options are: Kafka's client copies them for each connection, so
 * that certificates that were renewed meanwhile are taken up without a restart.
 */
export function tlsOptions({ caFile, own }: TlsFiles): ConnectionOptions {
  const options = {};
  if (caFile !== undefined) readOnUse(options, 'ca', caFile);
  if (own !== undefined) {
    readOnUse(options, 'cert', own.certFile);
    readOnUse(options, 'key', own.keyFile);
  }
  return options;
}

function readOnUse(options: object, name: keyof ConnectionOptions, path: string): void {
  Object.defineProperty(options, name, { enumerable: true, get: () => readFileSync(path, 'utf8') });
}
