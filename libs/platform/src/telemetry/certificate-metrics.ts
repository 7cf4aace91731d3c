import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { metrics } from '@opentelemetry/api';

import { collected } from './collected.js';
import { SCOPE } from './scope.js';

const MS_PER_SECOND = 1_000;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates that connections stand on, by what they are for. Files are read again each time, as connections do. */
export function measureCertificates(files: Readonly<Record<string, string>>): () => void {
  const expiry = metrics.getMeter(SCOPE).createObservableGauge('samspill.certificate.expiry', {
    unit: 's',
    description: 'When the first certificate of a file ends to be valid, as Unix time',
  });
  return collected([expiry], async (result) => {
    for (const [name, file] of Object.entries(files)) {
      const ends = certificateEnds(await readFile(file, 'utf8'));
      if (ends.length > 0)
        result.observe(expiry, Math.min(...ends) / MS_PER_SECOND, { 'samspill.certificate': name });
    }
  });
}

/** Ends of validity of all certificates in a PEM text, in milliseconds since 1970. */
export function certificateEnds(pem: string): readonly number[] {
  return [...pem.matchAll(PEM)].map(([text]) => new X509Certificate(text).validToDate.getTime());
}
