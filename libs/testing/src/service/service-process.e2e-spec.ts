import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '@samspill/embedded-postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { spawnService } from './service-process.js';

const SERVICE = `
  import { createServer } from 'node:http';
  if (process.env.BROKEN) { console.error('no database'); process.exit(3); }
  const server = createServer((_, response) => response.end(process.env.GREETING));
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
  process.on('SIGTERM', () => { console.log('leaving'); server.close(); });
  console.log(Object.keys(process.env).filter((name) => name.startsWith('JEST') || name === 'NODE_OPTIONS').join() || 'clean');
`;
let folder: string;
let main: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samspill-service-'));
  main = join(folder, 'main.mjs');
  await writeFile(main, SERVICE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fetchText(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

describe('a service of a test', () => {
  it('is ready when its URL answers, and leaves when it is asked to', async () => {
    const port = await freePort();
    const service = await spawnService({
      main,
      env: { PORT: String(port), GREETING: 'hei' },
      ready: new URL(`http://127.0.0.1:${port}/`),
    });
    expect(await fetchText(port)).toBe('hei');
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.output().split('\n').sort()).toEqual(['clean', 'leaving', 'listening']);
  });

  it('is killed, and starts again with what it is told anew', async () => {
    const port = await freePort();
    const service = await spawnService({
      main,
      env: { PORT: String(port), GREETING: 'hei' },
      ready: /listening/,
    });
    expect(await service.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await service.restart({ GREETING: 'hallo' });
    expect(await fetchText(port)).toBe('hallo');
    await service.kill();
  });

  it('that does not get ready fails with its last lines', async () => {
    await expect(spawnService({ main, env: { BROKEN: '1' }, ready: /listening/ })).rejects.toThrow(
      /ended before it was ready: {"code":3,"signal":null}\nno database/,
    );
  });
});
