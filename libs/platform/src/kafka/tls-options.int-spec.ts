import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { tlsOptions } from './tls-options.js';

describe('options of a TLS connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'samspill-tls-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('hold what the files hold when a connection is made, so that renewed certificates are taken up', () => {
    const options = tlsOptions({
      caFile: file('ca', 'authority'),
      own: { certFile: file('cert', 'old'), keyFile: file('key', 'old key') },
    });
    expect({ ...options }).toEqual({ ca: 'authority', cert: 'old', key: 'old key' });
    file('cert', 'new');
    expect({ ...options }).toEqual({ ca: 'authority', cert: 'new', key: 'old key' });
  });
});
