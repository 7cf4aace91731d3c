import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber } from '@samspill/contracts';
import { waitFor } from '@samspill/testing';
import { followSetUpGuide } from '@samspill/testing/demo';
import { startServices, type RunningServices } from './e2e/services.js';

const EMAIL = 'kari@kvernmo.no';
const BECAUSE = ['--reason', 'case 2026-17', '--yes'] as const;
const kari = { number: '10', name: 'Kari Kvernmo', email: EMAIL, phone: '46587451', country: 'NO' };

describe('samspill person', () => {
  let services: RunningServices;
  let company: readonly string[];
  let contacts: string;
  let folder: string;
  let sequence = 0;
  const samspill = (verb: string, ...args: readonly string[]) =>
    services.samspill.run('person', verb, ...company, ...args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'samspill-person-'));
    services = await startServices();
    const companies = `${services.urls.identity}/api/identity/v1/companies`;
    const organisationNumber = generateOrganisationNumber('NO', 1);
    const address = { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' };
    const { id } = await ask('POST', companies, {
      name: 'Fjord AS',
      organisationNumber,
      country: 'NO',
      address,
    });
    await followSetUpGuide(
      (method, path, body) => ask(method, `${services.urls.identity}${path}`, body),
      String(id),
    );
    contacts = `${services.urls.contacts}/api/contacts/v1/companies/${String(id)}`;
    company = ['--company', String(id)];
    await waitFor(async () => (await fetch(`${contacts}/sync-status`)).ok, {
      describe: 'the company to be known',
    });
    await waitFor(async () => (await ask('GET', `${contacts}/sync-status`))['enabled'] === true, {
      describe: 'its synchronisation to be on',
    });
  });
  afterAll(async () => {
    await services[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function ask(method: string, url: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method, ...(body && { headers, body: JSON.stringify(body) }) });
    const answer: unknown = await response.json();
    if (!response.ok || typeof answer !== 'object')
      throw new Error(`${url} answered ${JSON.stringify(answer)}`);
    return { ...answer };
  }

  /** As the ERP's agent does. */
  async function sendChanges(...records: readonly object[]): Promise<unknown> {
    sequence += 1;
    const response = await fetch(`${contacts}/changes?agent=erp&incarnation=a&sequence=${sequence}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify({ op: 'put', kind: 'customer', record })).join('\n'),
    });
    return await response.json();
  }

  it('finds a person in every service, forgets them in all, and says what the ERP sends of them afterwards', async () => {
    expect(
      await sendChanges(
        kari,
        { number: '11', name: 'Nes', notes: `as ${EMAIL}` },
        { number: '12', email: EMAIL },
      ),
    ).toMatchObject({ created: 2, rejected: 1 });
    await waitFor(async () => (await samspill('find', '--email', EMAIL)).out.includes('3 records found.'), {
      describe: 'the person to be found',
    });
    const found = await samspill('find', '--email', EMAIL);
    expect(found.code).toBe(0);
    expect(found.out).toMatch(/customer\/10 {2}kept {2}email in \/email \(exact\)/);
    expect(found.out).toMatch(/\/name +Kari Kvernmo +\d{4}-.*agent:erp/);
    expect(found.out).toMatch(/customer\/12 {2}never taken in/);
    expect(found.out).toMatch(/identity {2}http.*\n {2}nothing was found\n {2}keeps: Users/);

    const file = join(folder, 'kari.json');
    expect(await samspill('find', '--phone', '465 87 451', '--out', file)).toMatchObject({
      code: 0,
      out: `Written to ${file}.\n`,
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      isComplete: true,
      clues: { phone: '465 87 451' },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await samspill('find', '--phone', '465 87 451', '--out', file)).code).toBe(4);

    const unasked = await samspill('erase', '--email', EMAIL, '--reason', 'case 2026-17');
    expect([unasked.code, unasked.out]).toEqual([1, expect.stringMatching(/customer\/10 {2}Kari Kvernmo\n/)]);
    expect(await samspill('erase', '--email', EMAIL, '--reason', `by ${EMAIL}`, '--yes')).toMatchObject({
      code: 2,
    });
    const dry = await samspill('erase', '--email', EMAIL, ...BECAUSE, '--dry-run');
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('2 records would be forgotten')]);

    const erased = await samspill('erase', '--email', EMAIL, ...BECAUSE, '--json');
    expect(erased.code).toBe(0);
    expect(erased.out).not.toMatch(/kvernmo/i);
    expect(JSON.parse(erased.out)).toMatchObject({
      isComplete: true,
      services: expect.arrayContaining([
        expect.objectContaining({
          service: 'contacts',
          answer: expect.objectContaining({
            records: [
              { kind: 'customer', reference: '10', outcome: 'forgotten' },
              { kind: 'customer', reference: '12', outcome: 'forgotten' },
            ],
            stillFound: [{ kind: 'customer', reference: '11', isExact: false }],
          }),
        }),
      ]),
    });
    expect(await sendChanges(kari)).toMatchObject({ rejected: 1, forgotten: 1 });
    expect((await samspill('find', '--phone', '46587451')).out).toContain('Nothing was found.');
  });

  it('lets them in again where that is asked for', async () => {
    const lifted = await samspill(
      'lift',
      '--record',
      'customer/10',
      '--record',
      'customer/11',
      '--reason',
      'case 18',
    );
    expect([lifted.code, lifted.out]).toEqual([
      0,
      expect.stringMatching(/customer\/10 {2}lifted\n +customer\/11 {2}not forgotten/),
    ]);
    expect(await sendChanges(kari)).toMatchObject({ created: 1 });
    expect(await samspill('lift', '--record', 'invoice/1', '--reason', 'case 18')).toMatchObject({ code: 2 });
  });

  it('claims nothing of a service that does not answer', async () => {
    await services.contacts.kill();
    const found = await samspill('find', '--email', EMAIL);
    expect([found.code, found.out]).toEqual([
      3,
      expect.stringMatching(
        /contacts .*\n {2}HAS NOT ANSWERED: (.*\n)*.*THIS IS NOT ALL: nothing is known of contacts/,
      ),
    ]);
    const erased = await samspill('erase', '--record', 'customer/10', ...BECAUSE);
    expect([erased.code, erased.out]).toEqual([3, expect.stringContaining('THIS IS NOT ALL')]);
  });
});
