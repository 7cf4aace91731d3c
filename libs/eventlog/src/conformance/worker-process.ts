import { join } from 'node:path';
import { spawnService, type ServiceProcess } from '@samspill/testing';
import type { Attempt } from './truth.js';
import type { WorkerLine, WorkerSettings } from './worker.js';

/** Compiled, as a service is. */
const WORKER = join(import.meta.dirname, '..', '..', 'dist', 'conformance', 'worker.js');

/** Starts a worker; it is ready when it runs, whatever it can reach. */
export async function spawnWorker(settings: WorkerSettings): Promise<ServiceProcess> {
  return await spawnService({ main: WORKER, args: [JSON.stringify(settings)], ready: /started/ });
}

/** What a worker said, all its lives together. The last line of a life may be torn. */
export function attemptsOf(output: string): readonly Attempt[] {
  const tried = new Map<string, Attempt>();
  for (const text of output.split('\n')) {
    const line = parsed(text);
    if (line === undefined || typeof line === 'string') continue;
    if ('tried' in line) tried.set(line.tried.reference, { ...line.tried, acknowledged: false });
    else {
      const attempt = tried.get(line.acknowledged);
      if (attempt) tried.set(line.acknowledged, { ...attempt, acknowledged: true });
    }
  }
  return [...tried.values()];
}

function parsed(text: string): WorkerLine | undefined {
  try {
    return JSON.parse(text) as WorkerLine;
  } catch {
    return undefined;
  }
}
