import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ServiceProcess } from '@samspill/testing';
import { CompanyContacts } from './company-contacts.js';
import {
  apiOf,
  latestOutput,
  STANDALONE,
  startStandalone,
  startUntil,
  temporaryFolder,
  urlOf,
} from './standalone-process.js';

const START_TIMEOUT_MS = 300_000;
/** One that goes on instead has to be ended. */
const REFUSAL_TIMEOUT_MS = 120_000;

jest.setTimeout(START_TIMEOUT_MS);

const DEMO = [
  /✓ Registered the demo company «.+», organisation number \d{9} +\(\d+.*s\)/,
  /✓ Followed the set-up guide.*Switched synchronisation of contacts on/,
  /✓ Imported kunder\.csv: \d+ customers/,
  /✓ Imported leverandorer\.csv: \d+ suppliers/,
  /✓ Imported kontaktpersoner\.csv: \d+ contact persons/,
  /✓ Edited \d+ customers and deleted \d+ contact persons/,
  /✓ Searched the directory for «.+»: \d+ on the first page/,
  /✓ Rebuilt the contact directory from \d+ events on the log/,
  /✓ Proved it the same: \d+ rows before and after/,
  /✓ Linked the company to a SIMULATED HubSpot/,
  /320 customers, \d+ contact persons, 60 orders are in the simulated CRM/,
];

describe('npm start', () => {
  const opened = new AsyncDisposableStack();
  let folder: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = join(opened.use(await temporaryFolder()).path, 'data');
    service = opened.adopt(await startStandalone(folder), async (unused) => {
      await unused.kill('SIGTERM');
    });
  });
  afterAll(() => opened.disposeAsync());

  /** Address after its label in the closing lines. */
  const addressOf = (label: string): string =>
    new RegExp(`${label} +(http:\\S+)`).exec(latestOutput(service))?.[1] ?? '';
  const get = async (url: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(url);
    return { status: response.status, body: await response.text() };
  };
  const rowsOf = async (): Promise<unknown> => {
    const { projectionRows }: { projectionRows?: unknown } = JSON.parse(
      (await get(`${addressOf('State of services')}?verify=true`)).body,
    );
    return projectionRows;
  };

  it('does the main job on the demo company at its first start, and tells of each step with its time', () => {
    for (const line of DEMO) expect(service.output()).toMatch(line);
  });

  it('prints addresses that answer', async () => {
    expect(await get(addressOf('API documentation'))).toMatchObject({
      status: 200,
      body: expect.stringMatching(/<html/i),
    });
    const search = await get(addressOf('Search'));
    expect(search.status).toBe(200);
    const { contacts }: { contacts?: unknown } = JSON.parse(search.body);
    expect(contacts).not.toEqual([]);
    expect((await get(addressOf('Sync status'))).body).toContain('"enabled":true');
    expect(await rowsOf()).toContainEqual(expect.objectContaining({ name: 'contacts.directory' }));
    const logFile = /The services' log +(\S+)/.exec(service.output())?.[1] ?? '';
    expect(existsSync(logFile)).toBe(true);
  });

  it('C37 takes a CSV file of one’s own by the two commands that it prints', async () => {
    const company = ownCompany(service);
    await company.importToTheEnd('Kundenr;Navn;Poststed\n1;Håkon Bjørnstad AS;Tromsø\n');
    await company.directoryIs([
      { kind: 'customer', number: '1', name: 'Håkon Bjørnstad AS', address: { lines: [], town: 'Tromsø' } },
    ]);
  });

  it('says that it listens on this machine only, because nobody is asked to sign in', () => {
    expect(urlOf(service)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(service.output()).toMatch(/Nobody is asked to sign in/);
  });

  it('refuses a second start on the same data', async () => {
    expect(await refusedStart('--data-dir', folder, '--port', '0')).toMatch(/in use|already/);
  });

  it('stops in order on Ctrl-C, keeps its data and says so at the next start', async () => {
    const before = await rowsOf();
    expect(await service.kill('SIGINT')).toEqual({ code: 0, signal: null });
    expect(service.output()).toMatch(/Stopped\. Your data is kept\./);

    await service.restart();
    expect(latestOutput(service)).toMatch(/Your data of last time is here/);
    expect(latestOutput(service)).not.toMatch(/Registered/);
    expect(await rowsOf()).toEqual(before);
    expect((await get(addressOf('Search'))).status).toBe(200);
  });

  it('starts again after SIGKILL with all that it had', async () => {
    const before = await rowsOf();
    await service.kill('SIGKILL');
    await service.restart();
    expect(await rowsOf()).toEqual(before);
    await ownCompany(service).importToTheEnd('Kundenr;Navn\n1;Etter krasj AS\n2;To AS\n');
  });

  it('begins anew with --fresh', async () => {
    await service.kill('SIGINT');
    const fresh = await startStandalone(folder, '--fresh');
    try {
      for (const line of DEMO) expect(fresh.output()).toMatch(line);
      await ownCompany(fresh).directoryIs([]);
    } finally {
      await fresh.kill('SIGINT');
    }
  });
});

describe('npm start, killed in the middle of the demo', () => {
  it('does the rest of it at the next start, and proves the same', async () => {
    await using folder = await temporaryFolder();
    const dataDir = join(folder.path, 'data');
    for (const line of [
      /Starting/,
      /✓ Registered/,
      /✓ Followed/,
      /✓ Imported kunder/,
      /✓ Imported kontaktpersoner/,
      /✓ Edited/,
    ]) {
      const service = await startUntil(line, dataDir);
      await service.kill('SIGKILL');
    }
    const service = await startStandalone(dataDir);
    for (const line of DEMO) expect(service.output()).toMatch(line);
    expect(await service.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });
});

describe('npm start refuses in a sentence', () => {
  const opened = new AsyncDisposableStack();
  let folder: string;

  beforeAll(async () => {
    folder = opened.use(await temporaryFolder()).path;
  });
  afterAll(() => opened.disposeAsync());

  it('a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    try {
      const said = await refusedStart('--port', port, '--data-dir', join(folder, 'port'), '--no-demo');
      expect(said).toContain(port);
      expect(said).toMatch(/in use|taken/);
    } finally {
      other.close();
    }
  });

  it('a folder that cannot be written to', async () => {
    // Root may write into any folder, but not below a file.
    const file = join(folder, 'file');
    const locked = join(folder, 'locked');
    await writeFile(file, '');
    await mkdir(locked, { mode: 0o555 });
    for (const above of process.getuid?.() === 0 ? [file] : [file, locked]) {
      expect(await refusedStart('--data-dir', join(above, 'data'))).toMatch(/cannot be written to/);
    }
  });

  it('a folder with somebody else’s files, which stay, with --fresh too', async () => {
    const dataDir = join(folder, 'foreign');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'letter.txt'), 'Kjære mor');
    for (const more of [[], ['--fresh']]) {
      expect(await refusedStart('--data-dir', dataDir, ...more)).toMatch(
        /something else than Samspill's data/,
      );
    }
    expect(await readFile(join(dataDir, 'letter.txt'), 'utf8')).toBe('Kjære mor');
  });

  it('data that another version wrote', async () => {
    const dataDir = join(folder, 'version');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'samspill.json'), '{"format":99}');
    expect(await refusedStart('--data-dir', dataDir)).toMatch(/another version of Samspill.+--fresh/s);
  });

  it('an option that there is not, a port that is none, and a word too much', async () => {
    for (const [args, named] of [
      [['--prot', '1'], '--prot'],
      [['--port', 'abc'], 'abc'],
      [['--port', '70000'], '70000'],
      [['start'], 'start'],
    ] as const) {
      const said = await refusedStart(...args);
      expect(said).toContain(named);
      expect(said).toMatch(/Usage: npm start/);
    }
  });
});

/** «Din bedrift AS», the empty company, by the address that is printed for imports. */
function ownCompany(service: ServiceProcess): CompanyContacts {
  const id = /companies\/([0-9a-f-]{36})\/imports\?/.exec(latestOutput(service))?.[1] ?? '';
  return new CompanyContacts(apiOf(service), id);
}

/** What a start that must fail says. It exits with 1, and shows no stack. */
async function refusedStart(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [STANDALONE, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: REFUSAL_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(said).not.toMatch(/^\s+at /m);
  expect(child.exitCode).toBe(1);
  return said;
}
