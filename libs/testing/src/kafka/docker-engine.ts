import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** An engine that is there answers within milliseconds; a socket without an engine behind it may never. */
const PING_TIMEOUT_MS = 1_000;

/** Why no broker can run in a container here, or undefined when an engine answers. */
export async function whyNoDocker(): Promise<string | undefined> {
  const answers = await Promise.all(engineAddresses().map(answersPing));
  return answers.includes(true) ? undefined : 'no Docker engine answers';
}

type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** DOCKER_HOST where it is set, else where engines listen by default, rootless and Docker Desktop included. */
function engineAddresses(): readonly EngineAddress[] {
  const given = process.env['DOCKER_HOST'];
  if (given !== undefined && given !== '') {
    const url = new URL(given);
    return [
      url.protocol === 'unix:'
        ? { socketPath: url.pathname }
        : { host: url.hostname, port: Number(url.port || '2375') },
    ];
  }
  if (process.platform === 'win32') return [{ socketPath: '//./pipe/docker_engine' }];
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    join(homedir(), '.docker', 'run', 'docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
  ].map((socketPath) => ({ socketPath }));
}

function answersPing(address: EngineAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...address, path: '/_ping', timeout: PING_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('timeout', () => ping.destroy());
    ping.once('error', () => resolve(false));
    ping.once('close', () => resolve(false));
    ping.end();
  });
}
