/**
 * A Docker engine for tests: the one that answers, or this machine's own, started for the while. It listens on a socket of its own, so
 * that nothing else begins to use it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { within } from './bounded.mjs';

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 30_000;
const ANSWERS_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 250;
/** By which a test is broken off; the engine must not outlive it. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LISTED_WITHIN_MS = 120_000;
const INSTALLED_WITHIN_MS = 240_000;
/** Another installation may be under way. */
const APT = ['-q', '-o', 'DPkg::Lock::Timeout=60'];

/**
 * @param mayInstall whether one may be installed from Debian's packages
 * @param bounded shortens a bound to the time that is left
 * @returns {Promise<{ stop: () => Promise<void> } | { reason: string }>} with an engine, DOCKER_HOST of this process leads to it
 */
export async function useEngine({ mayInstall = false, bounded = (ms) => ms } = {}) {
  if (await answers()) return { stop: () => Promise.resolve() };
  if (process.platform !== 'linux' || process.getuid() !== 0)
    return { reason: 'no Docker engine answers, and only root on Linux can start one' };
  if (!isInstalled('dockerd') || !isInstalled('docker')) {
    const cannot = mayInstall ? await install(bounded) : 'none is installed';
    if (cannot !== undefined) return { reason: `no Docker engine answers, and ${cannot}` };
    // Where services start as they are installed.
    if (await answers())
      return { stop: async () => void (await within(STOPS_WITHIN_MS, 'service', ['docker', 'stop'])) };
  }
  return await startEngine(bounded);
}

async function answers() {
  return (await within(ANSWERS_WITHIN_MS, 'docker', ['info'])).status === 0;
}

function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

/** @returns why it cannot be done, if it cannot */
async function install(bounded) {
  if (!isInstalled('apt-get')) return 'there is no apt-get to install one with';
  const apt = async (boundMs, ...args) =>
    await within(bounded(boundMs), 'apt-get', [...args, ...APT], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  await apt(LISTED_WITHIN_MS, 'update');
  // Later Debians have the command in a package of its own.
  const wanted = ['docker.io', 'docker-cli'].filter(
    (name) => spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0,
  );
  await apt(INSTALLED_WITHIN_MS, 'install', '-y', '--no-install-recommends', ...wanted);
  return isInstalled('dockerd') && isInstalled('docker') ? undefined : 'apt-get could not install one';
}

async function startEngine(bounded) {
  const folder = mkdtempSync(join(tmpdir(), 'samspill-docker-'));
  const [socket, log] = [join(folder, 'docker.sock'), join(folder, 'log')];
  const output = openSync(log, 'w');
  const places = [
    '--host',
    `unix://${socket}`,
    '--exec-root',
    join(folder, 'run'),
    '--pidfile',
    join(folder, 'pid'),
  ];
  const engine = spawn('dockerd', places, { stdio: ['ignore', output, output] });
  const ended = new Promise((resolve) => engine.once('close', resolve));
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = `unix://${socket}`;
  const stop = async () => {
    for (const signal of SIGNALS) process.off(signal, breakOff);
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
    engine.kill('SIGTERM');
    await Promise.race([ended, delay(STOPS_WITHIN_MS, undefined, { ref: false })]);
    engine.kill('SIGKILL');
    remove(folder);
  };
  const breakOff = () => void stop().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, breakOff);
  const deadline = Date.now() + bounded(STARTS_WITHIN_MS);
  while (engine.exitCode === null && Date.now() < deadline) {
    if (await answers()) return { stop };
    await delay(LOOK_AGAIN_MS);
  }
  const said = readFileSync(log, 'utf8').trim().split('\n').at(-1);
  await stop();
  return { reason: `a Docker engine cannot be started here (${said || 'it says nothing'})` };
}

/** Its containers' networks may still be mounted there. What cannot be removed stays in the folder for temporary things. */
function remove(folder) {
  const places = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1])
    .filter((place) => place?.startsWith(`${folder}/`));
  for (const place of places.reverse()) spawnSync('umount', ['--lazy', place], { stdio: 'ignore' });
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`${folder} could not be removed: ${error.message}`);
  }
}
