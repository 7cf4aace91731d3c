import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { Account } from './account.js';
import { program, type PostgresBinaries } from './binaries.js';
import { postgresEnvironment, spawnAs } from './data-folder.js';
import { EmbeddedPostgresError } from './error.js';
import { folderInUse, folderUnwritable } from './folder-lock.js';
import { portInUse } from './loopback-port.js';
import { endWithParent } from './parent-watch.js';
import { isAlive } from './process-identity.js';

/** How a server process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server process. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ending>;
  stop(): Promise<void>;
}

/** What a server process is started with. */
export interface PostmasterOptions {
  readonly binaries: PostgresBinaries;
  readonly account: Account;
  readonly dataDir: string;
  readonly port: number;
  /** Server settings, `-c name=value`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** Recovery after a crash reads the log since the last checkpoint, which may be gigabytes after a large import. */
const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 15;
/** A fast stop ends sessions and writes a checkpoint; longer than this means a disk that does not answer. */
const STOP_TIMEOUT_S = 60;
/** After the postmaster was killed, its children notice within moments and let go of the shared memory. */
const ORPHAN_MEMORY_RETRIES = 40;
const ORPHAN_MEMORY_RETRY_MS = 250;
const KEPT_LINES = 20;

/** The server still has memory of one that was killed: wait, it goes by itself. */
class MemoryStillInUse extends Error {}

/**
 * Starts the server and waits until it accepts connections.
 * @throws EmbeddedPostgresError `port-in-use`, `folder-in-use`, `folder-unwritable`, `start-failed`
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof MemoryStillInUse) || attempt === ORPHAN_MEMORY_RETRIES) throw error;
      await delay(ORPHAN_MEMORY_RETRY_MS);
    }
  }
}

async function startOnce(options: PostmasterOptions): Promise<Postmaster> {
  const { binaries, account, dataDir, port, settings, log } = options;
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program(binaries, 'postgres'), ['-D', dataDir, '-p', String(port), ...flags], {
    ...spawnAs(account),
    env: postgresEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    // Out of the terminal's process group: Ctrl-C must not stop it before the services that use it.
    detached: true,
    windowsHide: true,
  });
  const lines = keepLines(child, log);
  const ended = endingOf(child);
  const closed = new Promise((resolve) => child.once('close', resolve));
  if (child.pid === undefined) throw startFailed(dataDir, await closed.then(() => lines));
  const { pid } = child;
  const release = endWithParent({ pid, signal: 'INT' });
  void ended.then(release);
  if (!(await becameReady(dataDir, pid, ended))) {
    child.kill('SIGQUIT');
    await closed;
    throw explain(options, lines);
  }
  return { pid, ended, stop: () => stopServer(options, child, ended) };
}

/** True when the server says so in its pid file; false when it ended, or did not get there in time. */
async function becameReady(dataDir: string, pid: number, ended: Promise<Ending>): Promise<boolean> {
  const server = { hasEnded: false };
  void ended.then(() => (server.hasEnded = true));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!server.hasEnded && Date.now() < deadline) {
    const file = await readPidFile(dataDir);
    if (file?.pid === pid && file.status === 'ready') return true;
    await Promise.race([ended, delay(READY_POLL_MS)]);
  }
  return false;
}

async function stopServer(
  { binaries, account, dataDir }: PostmasterOptions,
  child: ChildProcess,
  ended: Promise<Ending>,
): Promise<void> {
  await askToStop(binaries, account, dataDir);
  // For a server whose folder was removed under it, where pg_ctl finds nothing to stop.
  child.kill('SIGINT');
  await ended;
}

/** pg_ctl knows how to stop a server on every platform, waits for it, and answers at once where none runs. */
async function askToStop(binaries: PostgresBinaries, account: Account, dataDir: string): Promise<void> {
  const stop = (mode: 'fast' | 'immediate') =>
    promisify(execFile)(
      program(binaries, 'pg_ctl'),
      ['stop', '-D', dataDir, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S), '-s'],
      { ...spawnAs(account), env: postgresEnvironment() },
    );
  const running = async (): Promise<boolean> => {
    const file = await readPidFile(dataDir);
    return file !== undefined && isAlive(file.pid);
  };
  try {
    await stop('fast');
  } catch {
    // It ended in the meantime, or a session holds it up: then everybody is thrown out, and the next start recovers.
    if (await running()) await stop('immediate');
  }
}

/**
 * Clears what a killed process left: a server that still runs on the folder is stopped (its owner is dead, see
 * FolderLock; adopting it would mean living without its output and its end), and a pid file whose number has since gone
 * to another program, which Postgres would take for a living server, is disowned.
 */
export async function clearOrphan(
  binaries: PostgresBinaries,
  account: Account,
  dataDir: string,
): Promise<void> {
  const file = await readPidFile(dataDir);
  if (file === undefined || !isAlive(file.pid)) return;
  if (await isPostmasterOf(file.pid, dataDir)) await askToStop(binaries, account, dataDir);
  else await disown(dataDir);
}

/**
 * Names us in the pid file: a server takes its own parent's number for a stale one. Removing the file instead would
 * also remove the record of shared memory by which a server notices that children of a killed one are still at work.
 */
async function disown(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [String(process.pid), ...rest].join('\n'));
}

async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
      stdout: dataDir,
    }));
    return stdout.includes(dataDir);
  }
  // A server stands in its data folder.
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === (await realpath(dataDir));
}

/** Lines 1 and 8 of `postmaster.pid` (miscadmin.h, LOCK_FILE_LINE_…). */
async function readPidFile(dataDir: string): Promise<{ pid: number; status: string } | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Hands every line to the log and keeps the last ones for the message of a failure. */
function keepLines(child: ChildProcess, log: (line: string) => void): readonly string[] {
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    log(line);
  };
  child.once('error', (error) => keep(String(error)));
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', keep);
  return lines;
}

function explain({ dataDir, port }: PostmasterOptions, lines: readonly string[]): Error {
  const said = lines.join('\n');
  if (said.includes('pre-existing shared memory block')) return new MemoryStillInUse(said);
  if (/could not bind .* Address already in use|could not create any TCP\/IP sockets/.test(said))
    return portInUse(port);
  if (/lock file "postmaster.pid" already exists/.test(said)) return folderInUse(dataDir, undefined);
  if (/No space left on device|Read-only file system/.test(said))
    return folderUnwritable(dataDir, lines.at(-1));
  return startFailed(dataDir, lines);
}

function startFailed(dataDir: string, lines: readonly string[]): EmbeddedPostgresError {
  const said = lines.length === 0 ? 'it said nothing' : lines.join('\n');
  return new EmbeddedPostgresError('start-failed', `Postgres did not start on ${dataDir}: ${said}`);
}
