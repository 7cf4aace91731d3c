import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isRejection, defineReactor, type DomainEvent } from '@samspill/kernel';
import type { Log } from '@samspill/eventlog';
import { createTestDatabase, OtlpReceiver, uniqueName, waitFor, type TestDatabase } from '@samspill/testing';

import type { ContextDefinition } from '../context/context-definition.js';
import { openLog } from '../host/open-log.js';
import { startHost, type Host } from '../host/start-host.js';
import { tinyContext } from '../host/tiny/tiny-context.js';
import { JsonLogger } from '../logging/json-logger.js';
import { measureCertificates } from './certificate-metrics.js';
import { startTelemetry } from './telemetry.js';

const FILES = join(import.meta.dirname, '../../../../helm/samspill/files');
const READY_TIMEOUT_MS = 120_000;

describe('telemetry', () => {
  const opened = new AsyncDisposableStack();
  const lines: string[] = [];
  const name = uniqueName('tiny');
  let database: TestDatabase;
  let host: Host;
  let collector: OtlpReceiver;

  beforeAll(async () => {
    const logger = new JsonLogger({ level: 'info', write: (line) => lines.push(line) });
    const metrics = { way: 'scraped', host: '127.0.0.1', port: 0 } as const;
    collector = opened.use(await OtlpReceiver.start());
    const wanted = { otlpUrl: collector.url, tracePercent: 100, metrics };
    const telemetry = await startTelemetry(wanted, { name, version: '1' }, logger);
    opened.defer(() => telemetry.stop());
    const folder = mkdtempSync(join(tmpdir(), 'samspill-metrics-'));
    opened.defer(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'ca.pem'), rootCertificates.slice(0, 2).join('\n'));
    opened.defer(measureCertificates({ 'kafka-ca': join(folder, 'ca.pem') }));
    const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
    for (const one of databases) opened.adopt(one, (unused) => unused.drop());
    const [own, logDatabase] = databases;
    database = own;
    const definition = withReactor(tinyContext(name, `samspill.${name}`));
    const log: Log = opened.adopt(
      await openLog(
        { kind: 'postgres', databaseUrl: logDatabase.url },
        { clientId: 'test', manifests: [definition.manifest], logger },
      ),
      (unused) => unused.close(),
    );
    host = opened.adopt(
      await startHost({
        contexts: [{ definition, database: { url: database.url, poolSize: 5, waitMs: 5_000 } }],
        log,
        http: { host: '127.0.0.1', port: 0 },
        logger,
        api: { title: 'Tiny', description: 'For tests', version: '1' },
      }),
      (unused) => unused.close(),
    );
    await host.readiness.whenReady(READY_TIMEOUT_MS);
  });
  afterAll(() => opened.disposeAsync());

  async function scrape(): Promise<string> {
    const url = /"metricsUrl":"([^"]+)"/.exec(lines.join(''))?.[1] ?? '';
    return await (await fetch(url)).text();
  }

  async function write(id: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(`${host.url}/api/${name}/v1/notes/${id}`, {
      method: 'PUT',
      headers,
      body: '{"text":"hei"}',
    });
    expect(sent.status).toBe(204);
  }

  it('offers every metric that dashboards and alerts name', async () => {
    await write('1');
    const [{ eventLog } = fail('a context')] = host.contexts;
    const rebuild = await eventLog.operations.rebuild({
      scope: { kind: 'service' },
      reason: 'a test',
      by: 'user:local',
      switch: 'by-hand',
    });
    if (isRejection(rebuild)) throw new Error(rebuild.code);
    await waitFor(async () => (await scrape()).includes('samspill_state="confirmed"} 1'), {
      describe: 'the delivery',
    });
    const named = namesUsed();
    expect(named.size).toBeGreaterThan(20);
    const offered = await withLag(async () => {
      await write('2');
      return await waitFor(
        async () => {
          const text = await scrape();
          return text.includes('samspill_projection_partition_lag{') &&
            text.includes('samspill_operation_progress{')
            ? text
            : undefined;
        },
        { describe: 'lag and progress' },
      );
    });
    const names = new Set([...offered.matchAll(/^([a-z0-9_]+)[{ ]/gm)].map(([, found]) => found));
    expect([...named].filter((one) => !names.has(one))).toEqual([]);
  });

  it('tells routes and outcomes of requests, and nothing of what was in them', async () => {
    await fetch(`${host.url}/api/${name}/v1/notes/ragnfrid?q=odegardstuen`);
    const text = await waitFor(
      async () => {
        const now = await scrape();
        return now.includes('http_response_status_code="404"') ? now : undefined;
      },
      { describe: 'the request' },
    );
    expect(text).toMatch(
      new RegExp(
        `^http_server_request_duration_count\\{http_request_method="PUT",[^}]*http_route="/api/${name}/v1/notes/:id",http_response_status_code="204"\\} 2$`,
        'm',
      ),
    );
    expect(text).not.toMatch(/ragnfrid|odegardstuen/);
    expect(text).toContain('samspill_certificate_expiry{samspill_certificate="kafka-ca"}');
  });

  it('has what goes outside in the trace of the request behind it', async () => {
    await waitFor(
      () => {
        const requests = collector.spans.filter((span) => span.name.startsWith('PUT '));
        const sent = collector.spans.filter((span) => span.name === `send ${name}.send-note`);
        return sent.some(({ traceId }) => requests.some((request) => request.traceId === traceId));
      },
      { describe: 'the delivery in the trace of a request' },
    );
  });

  /** Runs work while nothing is applied to rows: their checkpoints cannot be moved. */
  async function withLag<T>(work: () => Promise<T>): Promise<T> {
    const [{ database: own } = fail('a context')] = host.contexts;
    return await own.transaction(async (client) => {
      await client.query('LOCK TABLE eventlog.checkpoint IN SHARE MODE');
      return await work();
    });
  }
});

/** The tiny context with a reactor, so that something is delivered. */
function withReactor(tiny: ContextDefinition): ContextDefinition {
  const { manifest } = tiny;
  const reactor = defineReactor<DomainEvent, { readonly text: string }>({
    name: `${manifest.name}.send-note`,
    topics: [manifest.topic],
    reads: [`${manifest.name}.note.written`],
    begins: 'first-event',
    mayRedeliver: true,
    react: ({ meta }) => [{ thing: meta.stream, payload: { text: meta.stream } }],
  });
  const outside = {
    send: (deliveries: readonly object[]) =>
      Promise.resolve(deliveries.map(() => ({ kind: 'confirmed' as const }))),
  };
  return {
    ...tiny,
    manifest: { ...manifest, reactors: [reactor] },
    outsides: () => ({ [reactor.name]: outside }),
  };
}

/** Names of metrics in every query of the dashboards and alerts; labels stand in braces, or behind `by` and `on`. */
function namesUsed(): ReadonlySet<string> {
  const rules = readFileSync(join(FILES, 'rules.yaml'), 'utf8');
  const queries = [...rules.matchAll(/expr:(?: >-)?\s+([^]*?)\n {8}for:|expr:(.*)\n/g)].map(([text]) => text);
  for (const file of globSync(join(FILES, 'dashboards', '*.json'))) {
    const text = readFileSync(file, 'utf8');
    for (const [, query = ''] of text.matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g)) queries.push(query);
  }
  const names = new Set<string>();
  for (const query of queries) {
    const bare = query
      .replace(/\{[^}]*\}/g, ' ')
      .replace(/\b(?:by|on)\s*\([^)]*\)/g, ' ')
      .replace(/(label_values\([^,]*),[^)]*/g, '$1');
    for (const [found] of bare.matchAll(/\b(?:samspill|http|db|nodejs|messaging|process|v8js)_[a-z0-9_]+/g))
      names.add(found);
  }
  return names;
}

function fail(what: string): never {
  throw new Error(`there is no ${what}`);
}
