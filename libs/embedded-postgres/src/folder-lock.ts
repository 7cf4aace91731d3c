import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { EmbeddedPostgresError, errorCode } from './error.js';
import { identityOf, isSameLivingProcess, type ProcessIdentity } from './process-identity.js';

/**
 * Says which process runs Postgres on a folder, in a file beside it. Postgres has a lock of its own, but that cannot
 * tell a server that somebody uses from one left behind by a killed process, and only the latter may be stopped.
 */
export interface FolderLock {
  release(): Promise<void>;
}

const ATTEMPTS = 3;

/** @throws EmbeddedPostgresError `folder-in-use`, `folder-unwritable` */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const file = `${dataDir}.lock`;
  const own = JSON.stringify(await identityOf(process.pid));
  try {
    await mkdir(dirname(file), { recursive: true });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (await created(file, own)) return { release: () => rm(file, { force: true }) };
      const holder = await readHolder(file);
      if (holder !== undefined && (await isSameLivingProcess(holder))) throw folderInUse(dataDir, holder.pid);
      await rm(file, { force: true });
    }
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? error : folderUnwritable(dataDir, error);
  }
  throw folderInUse(dataDir, undefined);
}

export function folderInUse(dataDir: string, pid: number | undefined): EmbeddedPostgresError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new EmbeddedPostgresError(
    'folder-in-use',
    `The data folder ${dataDir} is in use by ${who}. Stop it first, or choose another data folder.`,
  );
}

export function folderUnwritable(dataDir: string, cause: unknown): EmbeddedPostgresError {
  const reason = errorCode(cause) ?? String(cause);
  return new EmbeddedPostgresError(
    'folder-unwritable',
    `The data folder ${dataDir} cannot be written (${reason}). Make it writable, or choose another data folder.`,
    { cause },
  );
}

async function created(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined for a file that is gone again, or that a crash cut short. */
async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const holder: unknown = JSON.parse(text);
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || typeof holder.pid !== 'number')
      return undefined;
    const started = 'started' in holder && typeof holder.started === 'string' ? holder.started : undefined;
    return { pid: holder.pid, started };
  } catch {
    return undefined;
  }
}
