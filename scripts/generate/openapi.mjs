/** The HTTP API of each service, as the service itself describes it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { services } from '../image/images.mjs';

const root = join(import.meta.dirname, '..', '..');
/** Of a document; what Node allows by itself is less. */
const MAX_BYTES = 64 * 1024 * 1024;

export function openApiFiles() {
  return services.map((service) => {
    const main = join(root, 'apps', service, 'dist', 'main.js');
    const content = execFileSync(process.execPath, [main, 'api'], {
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
      maxBuffer: MAX_BYTES,
    });
    return { path: `docs/generated/openapi/${service}.json`, content };
  });
}
