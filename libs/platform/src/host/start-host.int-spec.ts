import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Log } from '@samspill/eventlog';
import { createTestDatabase, uniqueName, waitFor, type TestDatabase } from '@samspill/testing';
import pg from 'pg';

import { JsonLogger } from '../logging/json-logger.js';
import { openLog } from './open-log.js';
import { startHost, type Host, type HostOptions } from './start-host.js';
import { tinyContext } from './tiny/tiny-context.js';

const READY_TIMEOUT_MS = 120_000;

describe('several contexts in one process', () => {
  const lines: string[] = [];
  const logger = new JsonLogger({ level: 'info', write: (line) => lines.push(line) });
  const contexts = ['first', 'second'].map((name) => tinyContext(name, `samspill.${uniqueName(name)}`));
  let databases: TestDatabase[];
  let log: Log;
  let options: HostOptions;

  beforeAll(async () => {
    databases = await Promise.all([createTestDatabase(), createTestDatabase(), createTestDatabase()]);
    const [logUrl = '', ...urls] = databases.map((database) => database.url);
    const manifests = contexts.map((context) => context.manifest);
    log = await openLog({ kind: 'postgres', databaseUrl: logUrl }, { clientId: 'test', manifests, logger });
    options = {
      contexts: contexts.map((definition, index) => ({
        definition,
        database: { url: urls[index] ?? '', poolSize: 5, waitMs: 5_000 },
      })),
      log,
      http: { host: '127.0.0.1', port: 0 },
      logger,
      api: { title: 'Samspill', description: 'For tests', version: '1' },
    };
  });
  afterAll(async () => {
    await log.close();
    await Promise.all(databases.map((database) => database.drop()));
  });

  async function withHost(work: (host: Host) => Promise<void>): Promise<void> {
    const host = await startHost(options);
    try {
      await host.readiness.whenReady(READY_TIMEOUT_MS);
      await work(host);
    } finally {
      await host.close();
    }
  }

  it('answer behind one port, each from its own database, and are described in one document', async () => {
    await withHost(async ({ url }) => {
      const note = (text: string) => ({
        method: 'PUT',
        body: JSON.stringify({ text }),
        headers: { 'content-type': 'application/json', 'x-correlation-id': 'two-notes' },
      });
      await fetch(`${url}/api/first/v1/notes/1`, note('one'));
      await fetch(`${url}/api/second/v1/notes/1`, note('two'));
      for (const [name, text] of [
        ['first', 'one'],
        ['second', 'two'],
      ]) {
        const found = await waitFor(
          async () => {
            const response = await fetch(`${url}/api/${name ?? ''}/v1/notes/1`);
            return response.ok && response.json();
          },
          { describe: `the note of ${name ?? ''}` },
        );
        expect(found).toEqual({ text });
      }
      const { paths } = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: object };
      expect(Object.keys(paths)).toEqual(
        expect.arrayContaining(['/api/first/v1/slow', '/api/second/v1/slow']),
      );
    });
  });

  it('keep what they were told when the process starts again, and migrate only once', async () => {
    await withHost(async ({ url, contexts: [first] }) => {
      expect(await (await fetch(`${url}/api/first/v1/notes/1`)).json()).toEqual({ text: 'one' });
      const events = await first?.database.pool.query('SELECT correlation_id, actor FROM eventlog.event');
      expect(events?.rows).toEqual([{ correlation_id: 'two-notes', actor: 'user:local' }]);
    });
    expect(lines.filter((line) => line.includes('"database migrated"'))).toHaveLength(2);
  });

  it('close what they opened when one of them cannot start', async () => {
    const [first, second] = options.contexts;
    if (!first || !second) throw new Error('two contexts');
    const nowhere = { ...second.database, url: 'postgres://127.0.0.1:1/none', waitMs: 0 };
    const start = startHost({ ...options, contexts: [first, { ...second, database: nowhere }] });
    await expect(start).rejects.toMatchObject({ code: 'platform.database-unreachable' });
    await waitFor(async () => (await sessions(first.database.url)) === 1, {
      describe: 'no session but the one that asks',
    });
  });

  it('say loudly when they listen for others than this machine', async () => {
    const host = await startHost({ ...options, http: { host: '0.0.0.0', port: 0 } });
    await host.close();
    expect(lines.some((line) => line.includes('WITHOUT SIGN-IN'))).toBe(true);
  });
});

/** Sessions on a database, the one that asks included. */
async function sessions(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()',
    );
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}
