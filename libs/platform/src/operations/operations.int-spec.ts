import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation, RebuildDiff, RebuildPlan } from '@samspill/eventlog';
import { createTestDatabase, uniqueName, waitFor, type TestDatabase } from '@samspill/testing';

import { openLog } from '../host/open-log.js';
import { startHost, type Host } from '../host/start-host.js';
import { tinyContext } from '../host/tiny/tiny-context.js';
import { JsonLogger } from '../logging/json-logger.js';

const NOTES = 2;
const READY_TIMEOUT_MS = 120_000;
const projection = 'tiny.note';
const scope = { kind: 'projection', projection };

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

describe('the operations of a service over HTTP', () => {
  const opened = new AsyncDisposableStack();
  let host: Host;

  beforeAll(async () => {
    const logger = new JsonLogger({ level: 'error', write: () => undefined });
    const database = async (): Promise<TestDatabase> =>
      opened.adopt(await createTestDatabase(), (unused) => unused.drop());
    const [own, ofLog] = [await database(), await database()];
    const definition = tinyContext('tiny', `samspill.${uniqueName('tiny')}`);
    const log = opened.adopt(
      await openLog(
        { kind: 'postgres', databaseUrl: ofLog.url },
        { clientId: 'test', manifests: [definition.manifest], logger },
      ),
      (unused) => unused.close(),
    );
    host = opened.adopt(
      await startHost({
        contexts: [{ definition, database: { url: own.url, poolSize: 5, waitMs: 5_000 } }],
        log,
        http: { host: '127.0.0.1', port: 0 },
        logger,
        api: { title: 'Samspill', description: 'For tests', version: '1' },
      }),
      (unused) => unused.close(),
    );
    await host.readiness.whenReady(READY_TIMEOUT_MS);
    for (let note = 1; note <= NOTES; note += 1) await write(note, 'first');
  });
  afterAll(async () => {
    await opened.disposeAsync();
  });

  async function call<Body>(method: string, path: string, body?: object): Promise<Answer<Body>> {
    const response = await fetch(`${host.url}/api/tiny/v1/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }

  async function write(note: number, text: string): Promise<void> {
    await call('PUT', `notes/${note}`, { text });
    await waitFor(async () => (await call<{ text?: string }>('GET', `notes/${note}`)).body.text === text, {
      describe: 'the note to be shown',
    });
  }

  async function reaches(path: string, state: Operation['state']): Promise<Operation> {
    return await waitFor(
      async () => {
        const { body } = await call<Operation>('GET', path);
        return body.state === state ? body : undefined;
      },
      { describe: `${path} to be ${state}` },
    );
  }

  it('a rebuild is planned, built, compared, switched to by hand, and undone', async () => {
    const planned = await call<RebuildPlan>('POST', 'operations/rebuilds/plan', { scope });
    expect(planned).toMatchObject({
      status: 200,
      body: { eventsTotal: NOTES, parts: [{ projection, basis: 'assumed' }], spill: {}, memory: {} },
    });
    const request = { scope, reason: 'a test', switch: 'by-hand' };
    const started = await call<Operation>('POST', 'operations/rebuilds', request);
    expect(started).toMatchObject({
      status: 202,
      body: { state: 'waiting', by: 'user:local', reason: 'a test' },
    });
    const path = `operations/rebuilds/${started.body.id}`;
    const ready = await reaches(path, 'ready');
    expect(ready.parts).toMatchObject([
      {
        phase: 'ready',
        progress: { rows: NOTES },
        verification: { rows: { outcome: 'equal' } },
      },
    ]);
    expect(await call<RebuildDiff>('GET', `${path}/diff`)).toMatchObject({
      body: { added: 0, changed: 0, gone: 0, unchanged: NOTES },
    });
    expect(await call('POST', 'operations/rebuilds', request)).toMatchObject({
      status: 409,
      body: { code: 'operation.running-conflict' },
    });
    expect((await call('POST', `${path}/switch`)).status).toBe(202);
    expect((await reaches(path, 'done')).parts).toMatchObject([{ result: { switchMs: expect.any(Number) } }]);
    await call('POST', `${path}/undo`);
    await reaches(path, 'undone');
    await write(1, 'second');
    const { body } = await call<{ operations: readonly Operation[] }>('GET', 'operations/rebuilds');
    expect(body.operations.map(({ state }) => state)).toEqual(['undone', 'done']);
    const audit = await waitFor(
      async () => {
        const answer = await call<{ entries: readonly { step: string; actor: string }[] }>(
          'GET',
          'operations/audit?limit=10&kind=rebuild',
        );
        return answer.body.entries[0]?.step === 'undone' ? answer : undefined;
      },
      { describe: 'all of it to be on record' },
    );
    expect(audit.body.entries.map(({ step }) => step)).toEqual([
      'undone',
      'undo-asked',
      'switched',
      'switch-asked',
      'built',
      'begun',
    ]);
    expect(audit.body.entries.at(-1)).toMatchObject({ actor: 'user:local', reason: 'a test' });
    expect((await call('GET', 'operations/audit?since=yesterday')).status).toBe(400);
  });

  it('a rebuild is slowed down, paused, resumed and cancelled', async () => {
    const slow = { scope, reason: 'a test', throttle: { eventsPerSecond: 1 } };
    const { id } = (await call<Operation>('POST', 'operations/rebuilds', slow)).body;
    const path = `operations/rebuilds/${id}`;
    await call('POST', `${path}/pause`);
    await reaches(path, 'paused');
    expect((await call('PUT', `${path}/throttle`, { maxLiveLag: 5 })).body).toMatchObject({
      throttle: { maxLiveLag: 5 },
    });
    await call('PUT', `${path}/throttle`, { eventsPerSecond: 1 });
    await call('POST', `${path}/resume`);
    await call('POST', `${path}/cancel`);
    await waitFor(
      async () => ['cancelled', 'done'].includes((await call<Operation>('GET', path)).body.state),
      {
        describe: 'the rebuild to end',
      },
    );
    expect(await call('POST', `${path}/pause`)).toMatchObject({
      status: 409,
      body: { code: 'operation.state-conflict' },
    });
  });

  it('what was is inspected, compared with now, and exported', async () => {
    await write(2, 'third, with "quotes"');
    const before = new Date();
    await waitFor(() => Date.now() > before.getTime() + 1, { describe: 'the clock to go on' });
    await write(2, 'fourth');
    const asOf = { kind: 'time', time: before.toISOString() };
    const { body } = await call<Operation>('POST', 'operations/inspections', {
      scope,
      asOf,
      reason: 'a test',
    });
    const path = `operations/inspections/${body.id}`;
    await reaches(path, 'ready');
    const first = await call<{ rows: readonly object[]; next: string }>('GET', `${path}/rows?limit=1`);
    expect(first.body.rows).toEqual([{ stream: 'tiny.note/1', text: 'second' }]);
    const next = await call<{ rows: readonly object[] }>(
      'GET',
      `${path}/rows?limit=5&after=${first.body.next}`,
    );
    expect(next.body).toEqual({ rows: [{ stream: 'tiny.note/2', text: 'third, with "quotes"' }] });
    const found = await call<{ rows: readonly object[] }>('GET', `${path}/rows?where=text=second`);
    expect(found.body.rows).toHaveLength(1);
    expect((await call('GET', `${path}/diff`)).body).toMatchObject({ changed: 1, unchanged: 1 });
    const csv = await fetch(`${host.url}/api/tiny/v1/${path}/export?format=csv`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(await csv.text()).toBe(
      'stream,text\r\ntiny.note/1,second\r\ntiny.note/2,"third, with ""quotes"""\r\n',
    );
    const lines = await fetch(`${host.url}/api/tiny/v1/${path}/export`);
    expect(
      (await lines.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toHaveLength(NOTES);
    await call('DELETE', path);
    await reaches(path, 'done');
    expect((await call('GET', `${path}/rows`)).status).toBe(409);
  });

  it('what cannot be done is refused with a reason', async () => {
    const rebuild = (body: object): Promise<Answer<object>> => call('POST', 'operations/rebuilds', body);
    expect(
      await rebuild({ scope: { kind: 'projection', projection: 'tiny.none' }, reason: 'x' }),
    ).toMatchObject({
      status: 404,
      body: { code: 'operation.projection-not-found' },
    });
    const company = '01890a5d-ac96-774b-bcce-b302099a8057';
    expect(await rebuild({ scope: { kind: 'company', company }, reason: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'operation.company-not-possible' },
    });
    expect((await rebuild({ scope })).status).toBe(400);
    expect((await call('GET', `operations/rebuilds/${company}`)).status).toBe(404);
    expect((await call('GET', 'operations/inspections/nonsense')).status).toBe(404);
  });
});
