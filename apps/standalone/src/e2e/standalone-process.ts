import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnService, type ServiceProcess } from '@samspill/testing';
import { HttpApi } from './http-api.js';

export const STANDALONE = join(import.meta.dirname, '../../dist/main.js');

/** The last line that a start prints, whatever was done before. */
const STARTED = /^Stop with Ctrl-C/;

/** A folder for data that Postgres's own user can reach where the tests run as root. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'samspill-standalone-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** `npm start` without its preparations, on a free port. */
export async function startStandalone(dataDir: string, ...args: readonly string[]): Promise<ServiceProcess> {
  return await startUntil(STARTED, dataDir, ...args);
}

/** Started, and as far as the first line that matches. */
export async function startUntil(
  line: RegExp,
  dataDir: string,
  ...args: readonly string[]
): Promise<ServiceProcess> {
  return await spawnService({
    main: STANDALONE,
    args: ['--port', '0', '--data-dir', dataDir, ...args],
    ready: line,
  });
}

/** What one start has printed: `ServiceProcess.output` has all of them. */
export function latestOutput(service: ServiceProcess): string {
  const all = service.output();
  return all.slice(all.lastIndexOf('Starting Samspill'));
}

export function urlOf(service: ServiceProcess): string {
  return /API documentation +(http:\S+)\/api\/docs/.exec(latestOutput(service))?.[1] ?? '';
}

/** All services behind one address. */
export function apiOf(service: ServiceProcess): HttpApi {
  return new HttpApi(() => urlOf(service));
}
