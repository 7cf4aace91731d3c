import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { accountFor, areWeRoot } from './account.js';
import { postgresBinaries, runnableBinaries, serverVersion } from './binaries.js';
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './server.js';
import { reachableDataDir } from './reachable-data-dir.js';

const LOGIN = { user: 'samspill', password: 'p@ss word' };
/** The system also takes its time to bury a process whose parent was killed. */
const ENDED_TIMEOUT_MS = 20_000;
const ENDED_POLL_MS = 20;
const itAsRoot = areWeRoot() ? it : it.skip;
const itOnLinux = process.platform === 'linux' ? it : it.skip;

let folder: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];
const processes: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samspill-embedded-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...LOGIN, durability: 'none', ...options });
  started.push(server);
  return server;
}

/** The one value that a statement answers. */
async function ask(
  server: Pick<EmbeddedPostgres, 'url'>,
  sql: string,
  database = 'postgres',
): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url(database) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** A process of its own that starts a server on the folder and stays; reads the compiled package. */
async function startInChild(): Promise<{ child: ChildProcess; serverPid: number; url: () => string }> {
  const code = `
    import { startEmbeddedPostgres } from '@samspill/embedded-postgres';
    const server = await startEmbeddedPostgres(${JSON.stringify({ dataDir, ...LOGIN, durability: 'none' })});
    process.on('SIGTERM', () => void server.stop());
    console.log(server.pid + ' ' + server.url('postgres'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const line = await once(createInterface({ input: child.stdout }), 'line');
  const [pid, url] = String(line[0]).split(' ');
  return { child, serverPid: Number(pid), url: () => url ?? '' };
}

/** The test's own loop: the testing library stands on this one. */
async function ended(pid: number): Promise<void> {
  const deadline = Date.now() + ENDED_TIMEOUT_MS;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`Process ${pid} still runs after ${ENDED_TIMEOUT_MS} ms.`);
    await delay(ENDED_POLL_MS);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('an embedded Postgres', () => {
  it('keeps its data when it is stopped and started again', async () => {
    const first = await start();
    await first.ensureDatabase('contacts');
    await first.ensureDatabase('contacts');
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer', 'contacts');
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);

    const second = await start();
    expect(await ask(second, 'SELECT answer FROM kept', 'contacts')).toBe(42);
    expect(second.version).toMatch(/^18\.\d+$/);
    expect((await readdir(folder)).sort()).toEqual(['data', 'data.lock']);
  });

  it('knows Nordic letters, and has the extensions that search stands on', async () => {
    const server = await start();
    for (const name of ['pg_trgm', 'btree_gin', 'unaccent']) await ask(server, `CREATE EXTENSION ${name}`);
    expect(await ask(server, "SELECT lower('ÅSE ÆØ')")).toBe('åse æø');
    expect(await ask(server, "SELECT unaccent('Åse Ødegård')")).toBe('Ase Odegard');
    expect(await ask(server, "SELECT similarity('Åse', 'åse') = 1 AND similarity('Åse', 'se') < 1")).toBe(
      true,
    );
    expect(await ask(server, "SELECT 'Z' < 'a' AND 'z' < 'å'")).toBe(true);
  });

  it('listens on loopback only, with a password', async () => {
    const server = await start();
    expect(await ask(server, 'SHOW listen_addresses')).toBe('127.0.0.1');
    const wrong = new pg.Client({ connectionString: server.url('postgres').replace('p%40ss', 'guess') });
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('recovers what was committed when the server is killed with sessions open, and starts again at once', async () => {
    const killed = await start();
    await ask(killed, 'CREATE TABLE kept (n int)');
    const open = new pg.Client({ connectionString: killed.url('postgres') });
    open.on('error', () => undefined);
    await open.connect();
    await open.query('INSERT INTO kept VALUES (1)');
    await open.query('BEGIN; INSERT INTO kept VALUES (2)');
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;

    expect(await ask(await start(), 'SELECT array_agg(n) FROM kept')).toEqual([1]);
  });

  itOnLinux('is not misled by a pid file whose number has gone to another program', async () => {
    const killed = await start();
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    const bystander = spawn('sleep', ['600'], await accountFor(dataDir));
    processes.push(bystander);
    const pidFile = join(dataDir, 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(bystander.pid)));

    expect(await ask(await start(), 'SELECT 1')).toBe(1);
    expect(bystander.exitCode).toBeNull();
  });
});

describe('the process that started it', () => {
  it('ends the server when it is asked to leave', async () => {
    const { child, serverPid } = await startInChild();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(isRunning(serverPid)).toBe(false);
  });

  it('leaves no server behind when it is killed, and the next one may start at once', async () => {
    const { child, serverPid, url } = await startInChild();
    await ask({ url }, 'CREATE TABLE kept AS SELECT 42 AS answer');
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(await ask(await start(), 'SELECT answer FROM kept')).toBe(42);
    await ended(serverPid);
  });

  itOnLinux('when killed together with its watch, leaves a server that the next start stops', async () => {
    const { child, serverPid } = await startInChild();
    const { stdout } = await promisify(execFile)('pgrep', ['-f', `samspill-watch INT ${serverPid}`]);
    process.kill(Number(stdout), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(serverPid)).toBe(true);

    expect(await ask(await start(), 'SELECT 1')).toBe(1);
    await ended(serverPid);
  });

  it('keeps others off its folder while it lives', async () => {
    const { child } = await startInChild();
    await expect(start()).rejects.toMatchObject({
      code: 'folder-in-use',
      message: `The data folder ${dataDir} is in use by process ${child.pid ?? 0}. Stop it first, or choose another data folder.`,
    });
  });
});

describe('a start that cannot succeed', () => {
  it('names the port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken by another program.`),
    });
    taken.close();
  });

  it('says which version wrote the data', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toMatchObject({
      code: 'other-major-version',
      message: expect.stringContaining('was written by Postgres 15, and this is Postgres 18.'),
    });
  });

  it('leaves a folder with other files alone', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'diary.txt'), 'mine');
    await expect(start()).rejects.toMatchObject({ code: 'folder-not-ours' });
    expect(await readdir(dataDir)).toEqual(['diary.txt']);
  });

  it('says that the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    dataDir = join(folder, 'file', 'data');
    await expect(start()).rejects.toMatchObject({
      code: 'folder-unwritable',
      message: expect.stringMatching(
        /^The data folder .* cannot be written \(E[A-Z]+\)\. Make it writable, or choose/,
      ),
    });
  });

  it('says that existing data has another password', async () => {
    await (await start()).stop();
    await expect(start({ password: 'another' })).rejects.toMatchObject({ code: 'wrong-password' });
    expect(await ask(await start(), 'SELECT 1')).toBe(1);
  });

  it('begins anew where the first start was killed half-way', async () => {
    await mkdir(`${dataDir}.new`);
    await writeFile(join(`${dataDir}.new`, 'PG_VERSION'), '18\n');
    expect(await ask(await start(), 'SELECT 1')).toBe(1);
  });
});

describe('started by root', () => {
  itAsRoot(
    'names the folder that keeps the unprivileged user out, and the fallback is taken for a default',
    async () => {
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o700 });
      dataDir = join(closed, 'data');
      await expect(start()).rejects.toMatchObject({
        code: 'folder-unreachable',
        message: expect.stringContaining(`may not pass through ${closed} to the data folder ${dataDir}.`),
      });
      expect(await reachableDataDir(dataDir, '/var/lib/samspill')).toBe('/var/lib/samspill');
      expect(await reachableDataDir(join(folder, 'data'), '/var/lib/samspill')).toBe(join(folder, 'data'));
    },
  );

  itAsRoot('runs a complete copy of binaries that the unprivileged user cannot reach', async () => {
    const installed = await postgresBinaries();
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await cp(installed.folder, join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
    // As npm leaves it without install scripts.
    const links = await readdir(join(closed, 'native', 'lib'), { withFileTypes: true });
    for (const link of links.filter((entry) => entry.isSymbolicLink()))
      await rm(join(closed, 'native', 'lib', link.name));
    const hidden = { folder: join(closed, 'native'), packageVersion: `test-${process.pid}` };
    const runnable = await runnableBinaries(hidden, await accountFor(dataDir));
    try {
      expect((await serverVersion(runnable)).major).toBe(18);
      expect(await ask(await start({ binaries: hidden }), 'SELECT 1')).toBe(1);
      await started.pop()?.stop();
    } finally {
      await rm(runnable.folder, { recursive: true, force: true });
    }
  });
});
