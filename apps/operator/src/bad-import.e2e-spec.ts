import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { followSetUpGuide } from '@samspill/testing/demo';
import { startServices, type RunningServices } from './e2e/services.js';

const COMPANY = '01989a2e-0000-7000-8000-00000000000a';
const CUSTOMERS = 30;
/** Nothing has been written later than this. */
const FUTURE_MS = 60_000;
const DIRECTORY = ['--projection', 'contacts.directory'] as const;
const ID = /Started in contacts as (\S+)\./;
const HEADINGS = 'Customer number;Name;City';
const customer = (number: number, name: string): string => `${number};${name} ${number};Bergen`;
const GOOD = [HEADINGS, ...Array.from({ length: CUSTOMERS }, (_, n) => customer(n + 1, 'Kunde'))].join('\n');
/** Everything has another name, the last ones are missing, and one is new. */
const BAD = [
  HEADINGS,
  ...Array.from({ length: CUSTOMERS - 3 }, (_, n) => customer(n + 1, 'Feil')),
  customer(99, 'Ny'),
].join('\n');

interface Import {
  readonly id: string;
  readonly state: string;
}

/** docs/runbooks/company-damaged-by-a-bad-import.md, step by step. */
describe('a company damaged by a bad import', () => {
  let services: RunningServices;
  const samspill = (...args: readonly string[]) => services.samspill.run(...args);

  beforeAll(async () => {
    services = await startServices();
    await call('identity', 'POST', 'companies', {
      id: COMPANY,
      name: 'Fjord AS',
      organisationNumber: '923609016',
      country: 'NO',
      address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
    });
    await followSetUpGuide(
      (method, path, body) => call('identity', method, path.replace('/api/identity/v1/', ''), body),
      COMPANY,
    );
    await waitFor(async () => (await status()).enabled, { describe: 'the company to be known' });
  });
  afterAll(async () => {
    await services[Symbol.asyncDispose]();
  });

  async function call<T>(
    service: 'identity' | 'contacts',
    method: string,
    path: string,
    body?: object,
  ): Promise<T> {
    const response = await fetch(`${services.urls[service]}/api/${service}/v1/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    const text = await response.text();
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  async function status(): Promise<{
    readonly enabled: boolean;
    readonly held: { readonly because: string } | null;
  }> {
    return (await call('contacts', 'GET', `companies/${COMPANY}/sync-status`).catch(() => ({
      enabled: false,
      held: null,
    }))) as Awaited<ReturnType<typeof status>>;
  }

  async function send(
    csv: string,
  ): Promise<{ readonly status: number; readonly body: Import & { readonly code?: string } }> {
    const response = await fetch(
      `${services.urls.contacts}/api/contacts/v1/companies/${COMPANY}/imports?kind=customer`,
      { method: 'POST', body: csv, headers: { 'content-type': 'text/csv' } },
    );
    return { status: response.status, body: (await response.json()) as Import };
  }

  async function imported(csv: string, removals: number): Promise<string> {
    const { id } = (await send(csv)).body;
    await call('contacts', 'POST', `companies/${COMPANY}/imports/${id}/confirm`, { removals });
    await waitFor(
      async () =>
        (await call<Import>('contacts', 'GET', `companies/${COMPANY}/imports/${id}`)).state === 'completed',
      { describe: 'the import to be done' },
    );
    return id;
  }

  /** Every row but for when it was changed last, which the revert itself is. */
  async function directory(): Promise<readonly object[]> {
    const asOf = new Date(Date.now() + FUTURE_MS).toISOString();
    const { out } = await samspill('inspect', 'start', '--as-of', asOf, ...DIRECTORY, '--reason', 'a test');
    const id = ID.exec(out)?.[1] ?? '';
    const rows = (await samspill('inspect', 'export', id)).out.trimEnd().split('\n');
    await samspill('inspect', 'drop', id);
    return rows.map((line) => {
      const { changed_at: _, ...row } = JSON.parse(line) as Record<string, unknown>;
      return row;
    });
  }

  it('is put back as it was, stays so through a rebuild, and takes the next full import', async () => {
    await imported(GOOD, 0);
    const before = await directory();
    expect(before).toHaveLength(CUSTOMERS);
    const bad = await imported(BAD, 3);
    expect(await directory()).not.toEqual(before);

    const plan = await samspill('revert', 'plan', '--import', bad);
    expect([plan.code, plan.err]).toEqual([0, '']);
    expect(plan.out).toMatch(/27 {2}put back as they were\n +3 {2}made again\n +1 {2}removed/);
    expect(plan.out).toContain('not touched: Imports and batches stay');
    const id = /samspill revert start (\S+) --reason/.exec(plan.out)?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'samspill-revert-'));
    try {
      const file = join(folder, 'plan.csv');
      expect((await samspill('revert', 'items', id, '--format', 'csv', '--output', file)).code).toBe(0);
      expect((await readFile(file, 'utf8')).trimEnd().split('\r\n')).toHaveLength(32);
    } finally {
      await rm(folder, { recursive: true });
    }

    const started = await samspill('revert', 'start', id, '--reason', 'last year’s file', '--yes');
    expect(started.code).toBe(0);
    expect(started.out).toMatch(/31 of 31 put back, 0 had moved on, 0 refused\n +intake held since/);
    expect(started.err).toContain(`samspill revert release --company ${COMPANY}`);
    expect((await samspill('revert', 'list')).out).toMatch(new RegExp(`${id} .*finished +31 of 31`));

    expect(await directory()).toEqual(before);
    const rebuilt = await samspill('rebuild', 'start', '--company', COMPANY, '--reason', 'proof', '--yes');
    expect(rebuilt.out).toMatch(/contacts\.directory: done.*\n.*\n +equal to the live rows/);

    expect((await status()).held).toMatchObject({ because: 'last year’s file' });
    const change = { op: 'put', kind: 'customer', record: { number: '1', name: 'Feil 1' } };
    const batch = await fetch(
      `${services.urls.contacts}/api/contacts/v1/companies/${COMPANY}/changes?agent=erp&incarnation=one&sequence=1`,
      { method: 'POST', body: JSON.stringify(change), headers: { 'content-type': 'application/x-ndjson' } },
    );
    expect([batch.status, await batch.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'company.intake-held' }),
    ]);
    expect((await send(GOOD)).body.code).toBe('company.intake-held');
    expect((await samspill('revert', 'start', id, '--reason', 'again', '--yes')).code).toBe(2);

    const released = await samspill(
      'revert',
      'release',
      '--company',
      COMPANY,
      '--reason',
      'the ERP is right again',
    );
    expect(released).toMatchObject({
      code: 0,
      out: expect.stringContaining('takes in records of the company again'),
    });
    expect((await samspill('revert', 'release', '--company', COMPANY, '--reason', 'twice')).code).toBe(2);
    await imported(GOOD, 0);
    expect(await directory()).toEqual(before);
    const nothing = await samspill(
      'revert',
      'start',
      '--import',
      bad,
      '--include-edited',
      '--reason',
      'once more',
      '--yes',
    );
    expect(nothing).toMatchObject({ code: 0, out: expect.stringContaining('There is nothing to put back.') });
  });
});
