import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { EmbeddedPostgresError } from './error.js';

/** The operating system's user as which Postgres runs. Empty: the one we are. */
export interface Account {
  readonly name?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const run = promisify(execFile);
const UNPRIVILEGED_USER = 'postgres';

export function areWeRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Postgres refuses to run as root, so a root process runs it as `postgres`, which is created where it is missing
 * (without it a container or CI machine could not start at all), or as the owner of the data that exists.
 * @throws EmbeddedPostgresError `no-unprivileged-user`
 */
export async function accountFor(dataDir: string): Promise<Account> {
  if (!areWeRoot()) return {};
  const owner = await stat(dataDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0)
    return { name: await nameOf(owner.uid), uid: owner.uid, gid: owner.gid };
  return (await lookUp()) ?? (await create());
}

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', UNPRIVILEGED_USER]),
      run('id', ['-g', UNPRIVILEGED_USER]),
    ]);
    return { name: UNPRIVILEGED_USER, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function nameOf(uid: number): Promise<string> {
  const { stdout } = await run('id', ['-un', String(uid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? String(uid) : stdout.trim();
}

async function create(): Promise<Account> {
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      UNPRIVILEGED_USER,
    ]);
    const created = await lookUp();
    if (created !== undefined) return created;
    throw new Error(`useradd made no user ${UNPRIVILEGED_USER}.`);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'no-unprivileged-user',
      `Postgres does not run as root, and no user "${UNPRIVILEGED_USER}" could be created to run it as. ` +
        `Create that user, or start as an ordinary user.`,
      { cause },
    );
  }
}

/**
 * The first folder on the way to `path` that the account may not pass, or undefined when it can get there. Parts of the
 * path that do not exist yet are taken to be made by us, open to pass. Access lists beyond the mode bits are not read.
 */
export async function blockingFolder(path: string, account: Account): Promise<string | undefined> {
  if (account.uid === undefined) return undefined;
  const above: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    above.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of above) {
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined) return undefined;
    const shift = found.uid === account.uid ? 6 : found.gid === account.gid ? 3 : 0;
    const mayPass = ((found.mode >> shift) & 1) === 1;
    if (!mayPass) return folder;
  }
  return undefined;
}
