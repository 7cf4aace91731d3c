import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestDatabase,
  spawnService,
  waitFor,
  type ServiceProcess,
  type TestDatabase,
} from '@samspill/testing';

const main = fileURLToPath(new URL('../../dist/host/tiny/main.js', import.meta.url));

describe('a service in a process of its own', () => {
  let database: TestDatabase;
  let logDatabase: TestDatabase;
  let env: Record<string, string>;
  let service: ServiceProcess | undefined;

  beforeAll(async () => {
    [database, logDatabase] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    env = {
      SAMSPILL_HTTP_PORT: '0',
      SAMSPILL_DATABASE_URL: database.url,
      SAMSPILL_LOG: 'postgres',
      SAMSPILL_LOG_DATABASE_URL: logDatabase.url,
    };
  });
  afterEach(() => service?.kill());
  afterAll(async () => {
    await database.drop();
    await logDatabase.drop();
  });

  /** A service that listens, and the address it said. */
  async function started(more: Record<string, string> = {}) {
    const running = await spawnService({ main, env: { ...env, ...more }, ready: /"message":"listening"/ });
    service = running;
    return { running, url: urlOf(running) };
  }
  const refused = (more: Record<string, string>) =>
    spawnService({ main, env: { ...env, ...more }, ready: /"listening"/ });

  it('starts, becomes ready, takes a change, shows it, and keeps it', async () => {
    const { running, url } = await started();
    await ready(url);
    const note = { method: 'PUT', body: '{"text":"hei"}', headers: { 'content-type': 'application/json' } };
    expect((await fetch(`${url}/api/tiny/v1/notes/1`, note)).status).toBe(204);
    await waitFor(() => text(`${url}/api/tiny/v1/notes/1`), { describe: 'the note' });
    expect(await running.kill()).toMatchObject({ signal: 'SIGKILL' });

    await running.restart();
    const again = urlOf(running);
    await ready(again);
    expect(await text(`${again}/api/tiny/v1/notes/1`)).toBe('hei');
    for (const line of running.output().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
    expect(running.output()).not.toContain(database.url);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s answers what it has begun and exits with 0',
    async (signal) => {
      const { running, url } = await started();
      await ready(url);
      const slow = fetch(`${url}/api/tiny/v1/slow`);
      await said(running, 'slow request begun');
      expect(await running.kill(signal)).toEqual({ code: 0, signal: null });
      expect(await (await slow).json()).toEqual({ done: true });
      expect(running.output()).toMatch(/"stopped"/);
    },
  );

  it('ends at once when it is asked a second time', async () => {
    const { running, url } = await started();
    const never = fetch(`${url}/api/tiny/v1/never`).catch(() => 'cut');
    await said(running, 'endless request begun');
    const ended = running.kill('SIGTERM');
    await said(running, '"stopping"');
    await running.kill('SIGTERM');
    expect(await ended).toEqual({ code: 143, signal: null });
    expect(await never).toBe('cut');
  });

  it('does not wait longer for a request than it was told', async () => {
    const { running, url } = await started({ SAMSPILL_SHUTDOWN_TIMEOUT_MS: '300' });
    const never = fetch(`${url}/api/tiny/v1/never`).catch(() => 'cut');
    await said(running, 'endless request begun');
    expect(await running.kill('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(running.output()).toContain('could not stop in time');
    expect(await never).toBe('cut');
  });

  it('is not ready any more, but still serves, for as long as load balancers need to notice', async () => {
    const { running, url } = await started({ SAMSPILL_SHUTDOWN_DELAY_MS: '2000' });
    await ready(url);
    const ended = running.kill('SIGTERM');
    await waitFor(async () => (await fetch(`${url}/health/ready`)).status === 503, {
      describe: 'not being ready',
    });
    const served = await fetch(`${url}/api/tiny/v1/notes/none`);
    expect([served.status, served.headers.get('connection')]).toEqual([404, 'close']);
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('logs an error that nobody caught as one line, and exits with 1', async () => {
    const { running, url } = await started();
    await fetch(`${url}/api/tiny/v1/crash`, { method: 'POST' }).catch(() => undefined);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    const last: unknown = JSON.parse(running.output().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({
      level: 'error',
      service: 'tiny',
      error: { message: 'nobody catches this' },
    });
  });

  it('waits with «await» for what «migrate» and «topics» bring, says what for, and changes nothing itself', async () => {
    const fresh = await createTestDatabase();
    const task = (name: string, ready: RegExp) =>
      spawnService({ main, args: [name], env: { ...env, SAMSPILL_DATABASE_URL: fresh.url }, ready });
    try {
      const awaiting = await task('await', /"message":"waiting: /);
      expect(awaiting.output()).toMatch(/waiting: Migrations have not run yet: CreateEventlog/);
      const migrating = await task('migrate', /"the database is of this version".*CreateEventlog/);
      expect(await migrating.ended).toEqual({ code: 0, signal: null });
      const topics = await task('topics', /"topics are there".*"samspill.tiny"/);
      expect(await topics.ended).toEqual({ code: 0, signal: null });
      expect(await awaiting.ended).toEqual({ code: 0, signal: null });
      expect(awaiting.output()).toMatch(/topics and database are as this version needs them/);
    } finally {
      await fresh.drop();
    }
  });

  it('leaves a wait at once when it is told to', async () => {
    const fresh = await createTestDatabase();
    try {
      const awaiting = await spawnService({
        main,
        args: ['await'],
        env: { ...env, SAMSPILL_DATABASE_URL: fresh.url },
        ready: /"message":"waiting: /,
      });
      expect(await awaiting.kill('SIGTERM')).toEqual({ code: 143, signal: null });
    } finally {
      await fresh.drop();
    }
  });

  it('stays up and says what is missing while there is no log', async () => {
    const nowhere = { SAMSPILL_LOG: 'kafka', SAMSPILL_KAFKA_BROKERS: '127.0.0.1:1' };
    const { url } = await started(nowhere);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      missing: expect.arrayContaining([expect.stringMatching(/^tiny: /)]),
    });
    const note = { method: 'PUT', body: '{"text":"hei"}', headers: { 'content-type': 'application/json' } };
    const written = await fetch(`${url}/api/tiny/v1/notes/1`, note);
    expect([written.status, written.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('says every fault of its configuration and exits with 1', async () => {
    const start = refused({
      SAMSPILL_HTTP_PORT: 'many',
      SAMSPILL_LOG_DATABASE_URL: '',
      SAMSPILL_HTTP_PROT: '1',
    });
    await expect(start).rejects.toThrow(
      /"code":1.*SAMSPILL_HTTP_PORT must be .*SAMSPILL_LOG_DATABASE_URL is not set.*did you mean SAMSPILL_HTTP_PORT\?/s,
    );
  });

  it('says that its port is in use and exits with 1', async () => {
    const other = await listening();
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(refused({ SAMSPILL_HTTP_PORT: String(port) })).rejects.toThrow(
        new RegExp(`"code":1.*Port ${port} on 127.0.0.1 is in use by another program`, 's'),
      );
    } finally {
      other.close();
    }
  });

  it('says that its database cannot be reached, without its password, and exits with 1', async () => {
    const start = refused({
      SAMSPILL_DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x',
      SAMSPILL_DATABASE_WAIT_MS: '100',
    });
    await expect(start).rejects.toThrow(
      /"code":1.*The database x at 127\.0\.0\.1:1 could not be reached within 100 ms/s,
    );
    await expect(start).rejects.not.toThrow(/hunter2/);
  });
});

function urlOf(service: ServiceProcess): string {
  return (
    service
      .output()
      .match(/"url":"([^"]+)"/g)
      ?.at(-1)
      ?.slice('"url":"'.length, -1) ?? ''
  );
}

async function ready(url: string): Promise<void> {
  await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, { describe: `${url} to be ready` });
}

async function said(service: ServiceProcess, words: string): Promise<void> {
  await waitFor(() => service.output().includes(words), { describe: `the line ${words}` });
}

async function text(url: string): Promise<string | undefined> {
  const response = await fetch(url);
  return response.ok ? ((await response.json()) as { text: string }).text : undefined;
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
