import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { NEWEST_KAFKA } from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const TIMEOUT_MS = 240_000;
const rate = z.number().positive();
const figures = z.object({ plainUpsert: rate, rebuildState: rate, rebuildStateEncrypted: rate });

describeWithOwnKafka('the benchmark of restores', NEWEST_KAFKA, () => {
  it(
    'measures a few events, so that it is known to run when somebody needs its figures',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'samspill-bench-figures-'));
      try {
        const file = join(folder, 'figures.json');
        const only = Object.keys(figures.shape).join(',');
        const options = ['--events', '2000', '--runs', '1', '--only', only, '--json', file];
        await promisify(execFile)(process.execPath, [MAIN, 'restore', ...options], { timeout: TIMEOUT_MS });
        const measured = figures.safeParse(JSON.parse(await readFile(file, 'utf8')));
        expect(measured.error).toBeUndefined();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );
});
