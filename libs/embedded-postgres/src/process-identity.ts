import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { errorCode } from './error.js';

/** A process, and when it started: a pid alone may have been given to another process since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process. Undefined where the system does not tell (Windows). */
  readonly started: string | undefined;
}

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return { pid, started: await startOf(pid) };
}

export async function isSameLivingProcess(known: ProcessIdentity): Promise<boolean> {
  if (!isAlive(known.pid)) return false;
  return known.started === undefined || known.started === (await startOf(known.pid));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return errorCode(error) === 'EPERM';
  }
}

/** Clock ticks from boot on Linux, a date elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // proc_pid_stat(5): the name in parentheses may hold anything; starttime is field 22, the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.trim() === '' ? undefined : stdout.trim();
}
