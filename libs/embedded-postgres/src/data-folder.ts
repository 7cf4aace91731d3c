import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { blockingFolder, type Account } from './account.js';
import { program, type PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError, errorCode } from './error.js';
import { folderUnwritable } from './folder-lock.js';

/** What makes a new data folder. */
export interface Cluster {
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  /** Major version of the binaries. */
  readonly major: number;
  /** False: do not wait for the disk (tests). */
  readonly sync: boolean;
}

/** `builtin` came with Postgres 17. */
const FIRST_MAJOR_WITH_BUILTIN_LOCALE = 17;
/** The C library's name of the letters of Unicode, where it is not `C.UTF-8`. */
const LC_CTYPE_ELSEWHERE: Readonly<Record<string, string>> = { win32: 'C', darwin: 'en_US.UTF-8' };

/**
 * Sorts by code point on every machine alike, but knows the letters: with a plain `C` locale `lower('Å')` stays `Å`,
 * and pg_trgm, which asks the C library's LC_CTYPE even in Postgres 18, drops every letter that is not ASCII.
 */
function localeFlags(major: number): readonly string[] {
  const letters = LC_CTYPE_ELSEWHERE[process.platform] ?? 'C.UTF-8';
  const provider =
    major >= FIRST_MAJOR_WITH_BUILTIN_LOCALE
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale-provider=libc'];
  return ['--encoding=UTF8', ...provider, '--locale=C', `--lc-ctype=${letters}`];
}

/**
 * Makes sure that the folder holds data of this major version that the account can use, creating it where there is none.
 * @throws EmbeddedPostgresError `other-major-version`, `folder-not-ours`, `folder-unreachable`, `folder-unwritable`, `start-failed`
 */
export async function prepareDataFolder(
  cluster: Cluster,
  binaries: PostgresBinaries,
  account: Account,
): Promise<void> {
  const { dataDir } = cluster;
  await assertReachable(dataDir, account);
  const entries = await entriesOf(dataDir);
  if (entries.length === 0) {
    await create(cluster, binaries, account);
    return;
  }
  if (!entries.includes('PG_VERSION')) {
    throw new EmbeddedPostgresError(
      'folder-not-ours',
      `The folder ${dataDir} has other files in it, not Postgres data. Choose an empty folder, or one that does not exist yet.`,
    );
  }
  const written = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => 'unknown')).trim();
  if (written !== String(cluster.major)) throw otherMajor(dataDir, written, cluster.major);
  await assertOwned(dataDir, account);
}

async function entriesOf(dataDir: string): Promise<string[]> {
  try {
    return await readdir(dataDir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw folderUnwritable(dataDir, error);
  }
}

async function assertReachable(dataDir: string, account: Account): Promise<void> {
  const blocked = await blockingFolder(dataDir, account);
  if (blocked === undefined) return;
  throw new EmbeddedPostgresError(
    'folder-unreachable',
    `Postgres runs as the user "${account.name ?? 'postgres'}", because it refuses to run as root, and that user may not pass through ` +
      `${blocked} to the data folder ${dataDir}. Choose a data folder elsewhere, or start as an ordinary user.`,
  );
}

async function assertOwned(dataDir: string, account: Account): Promise<void> {
  if (process.platform === 'win32') return;
  const { uid } = await stat(dataDir);
  // Never as root: accountFor then takes the owner of the data.
  if (uid === (account.uid ?? process.getuid?.())) return;
  throw new EmbeddedPostgresError(
    'folder-not-ours',
    `The data folder ${dataDir} belongs to user ${uid}, and we are ${userInfo().username}. Start as that user, or choose another data folder.`,
  );
}

function otherMajor(dataDir: string, written: string, major: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'other-major-version',
    `The data folder ${dataDir} was written by Postgres ${written}, and this is Postgres ${major}. ` +
      `Move its data over with pg_dump, or choose another data folder.`,
  );
}

/** Under another name first: initdb that was killed half-way leaves what looks like data but is none. */
async function create(cluster: Cluster, binaries: PostgresBinaries, account: Account): Promise<void> {
  const unfinished = `${cluster.dataDir}.new`;
  const passwordFile = `${cluster.dataDir}.password`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, cluster.password, { mode: 0o600 });
    if (account.uid !== undefined && account.gid !== undefined) {
      await chown(unfinished, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await initdb(cluster, unfinished, passwordFile, binaries, account);
    // rename(2) replaces an empty folder.
    await rename(unfinished, cluster.dataDir);
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? error : folderUnwritable(cluster.dataDir, error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function initdb(
  cluster: Cluster,
  folder: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  account: Account,
): Promise<void> {
  const flags = [
    `--pgdata=${folder}`,
    `--username=${cluster.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--lc-messages=C',
    '--no-instructions',
    ...localeFlags(cluster.major),
    ...(cluster.sync ? [] : ['--no-sync']),
  ];
  try {
    await promisify(execFile)(program(binaries, 'initdb'), flags, {
      ...spawnAs(account),
      env: postgresEnvironment(),
    });
  } catch (cause) {
    const said = outputOf(cause);
    if (/No space left on device|Permission denied|Read-only file system/.test(said))
      throw folderUnwritable(cluster.dataDir, said);
    throw new EmbeddedPostgresError(
      'start-failed',
      `Postgres could not create its data in ${cluster.dataDir}: ${said}`,
      { cause },
    );
  }
}

function outputOf(failure: unknown): string {
  const hasOutput = typeof failure === 'object' && failure !== null && 'stderr' in failure;
  return hasOutput ? String(failure.stderr).trim() : String(failure);
}

/** Options of spawn and execFile: another user must not stand in a folder that it may not read. */
export function spawnAs({ uid, gid }: Account): { uid?: number; gid?: number; cwd: string } {
  const cwd = process.platform === 'win32' ? process.cwd() : '/';
  return uid === undefined || gid === undefined ? { cwd } : { uid, gid, cwd };
}

/** Without the PG… variables that Postgres's programs would take for options. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_')),
  );
}
