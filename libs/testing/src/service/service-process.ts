import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

import { endWithParent } from '@samspill/embedded-postgres';

import { waitFor } from '../wait-for.js';

export interface ServiceOptions {
  /** Path of the JavaScript file to run, e.g. `apps/contacts-sync/dist/main.js`. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** All that the service is told; of the test's own environment it gets the system's variables only. */
  readonly env?: Readonly<Record<string, string>>;
  /** When it is ready: a line that matches, or a URL that answers with a status of 2xx. */
  readonly ready: RegExp | URL;
  readonly readyTimeoutMs?: number;
}

export interface ServiceEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Node process of its own that tests talk to, kill and start again. */
export interface ServiceProcess {
  readonly pid: number;
  /** What it has written so far, both streams, all starts. */
  output(): string;
  /** Resolves when the present process has ended. */
  readonly ended: Promise<ServiceEnd>;
  /** Sends the signal (SIGKILL when none is named) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<ServiceEnd>;
  /** Asks to leave (SIGTERM) and waits; kills, and throws, when it has not left in time. */
  stop(): Promise<ServiceEnd>;
  /** Ends the process with SIGKILL if it still runs, and starts it again, with `env` besides the first one's. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
}

/** Compiled services start within a second or two; a busy machine and a first data folder take longer. */
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const SHOWN_LINES = 40;
/** What a Node process needs of the system; not NODE_OPTIONS, JEST_… or anything that configures us. */
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'SystemRoot',
  'TEMP',
  'TMP',
  'NODE_EXTRA_CA_CERTS',
];

/**
 * Starts a service and waits until it is ready. It ends with the test process, whatever way that ends.
 * @throws Error with the service's last lines when it ends first or is not ready in time
 */
export async function spawnService(options: ServiceOptions): Promise<ServiceProcess> {
  const lines: string[] = [];
  let running = await startOnce(options, options.env ?? {}, lines);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<ServiceEnd> => {
    running.child.kill(signal);
    return running.ended;
  };
  return {
    get pid() {
      return running.pid;
    },
    get ended() {
      return running.ended;
    },
    output: () => lines.join('\n'),
    kill,
    stop: async () => {
      running.child.kill('SIGTERM');
      const { ended } = running;
      try {
        return await waitFor(() => ended, {
          timeoutMs: STOP_TIMEOUT_MS,
          describe: `the end of ${options.main} after SIGTERM`,
        });
      } catch (error) {
        await kill();
        throw error;
      }
    },
    restart: async (env = {}) => {
      await kill();
      running = await startOnce(options, { ...options.env, ...env }, lines);
    },
  };
}

interface RunningChild {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<ServiceEnd>;
}

async function startOnce(
  options: ServiceOptions,
  env: Readonly<Record<string, string>>,
  lines: string[],
): Promise<RunningChild> {
  const child = spawn(process.execPath, [options.main, ...(options.args ?? [])], {
    env: { ...inheritedEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started.`);
  const seen: { ready: boolean; end?: ServiceEnd } = { ready: false };
  const firstLine = lines.length;
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      seen.ready ||= options.ready instanceof RegExp && options.ready.test(line);
    });
  }
  const release = endWithParent({ pid, signal: 'KILL' });
  // `close` comes after the last line, `exit` may come before it.
  const ended = new Promise<ServiceEnd>((resolve) => {
    child.once('close', (code, signal) => {
      release();
      seen.end = { code, signal };
      resolve(seen.end);
    });
  });
  const saysReady = async (): Promise<boolean> =>
    seen.ready || (options.ready instanceof URL && (await answers(options.ready)));
  try {
    await waitFor(async () => seen.end !== undefined || (await saysReady()), {
      timeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      describe: `${options.main} to be ready`,
    });
    if (seen.end !== undefined && !seen.ready)
      throw new Error(`${options.main} ended before it was ready: ${JSON.stringify(seen.end)}`);
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`${String(error)}\n${lines.slice(firstLine).slice(-SHOWN_LINES).join('\n')}`, {
      cause: error,
    });
  }
  return { child, pid, ended };
}

async function answers(url: URL): Promise<boolean> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.ok;
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
