/**
 * A Docker engine for tests: the one that answers, or this machine's own, started for the while. It listens on a socket of its own, so
 * that nothing else begins to use it.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..', '..');
/** Beside the project where images of the same names can be made without a registry. */
const STAND_INS = join(root, '..', 'shared', 'tools', 'images.sh');
/** The images that ours are built from and tested with, as the stand-ins call them. */
const BASE_IMAGES = {
  'node:24-bookworm-slim': 'node',
  'postgres:18': 'postgres',
  'apache/kafka:4.1.1': 'kafka',
};

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 30_000;
const PULLED_WITHIN_MS = 120_000;
const MADE_WITHIN_MS = 300_000;
const ANSWERS_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 250;

/** @returns {Promise<{ stop: () => Promise<void> } | { reason: string }>} with an engine, DOCKER_HOST of this process leads to it */
export async function useEngine() {
  if (answers()) return { stop: () => Promise.resolve() };
  if (process.platform !== 'linux' || process.getuid() !== 0)
    return { reason: 'no Docker engine answers, and only root on Linux can start one' };
  if (!isInstalled('dockerd')) return { reason: 'no Docker engine answers, and none is installed' };
  return await startEngine();
}

/** What of the base images cannot be had, in a sentence; undefined when all are there. */
export function missingBaseImages() {
  const missing = Object.keys(BASE_IMAGES).filter((image) => !hasImage(image) && !pull(image));
  if (missing.length === 0) return undefined;
  if (existsSync(STAND_INS)) {
    const names = missing.map((image) => BASE_IMAGES[image]);
    spawnSync('bash', [STAND_INS, ...names], { stdio: 'inherit', timeout: MADE_WITHIN_MS });
  }
  const lacking = missing.filter((image) => !hasImage(image));
  return lacking.length === 0 ? undefined : `no registry in reach has ${lacking.join(', ')}`;
}

function answers() {
  return spawnSync('docker', ['info'], { stdio: 'ignore', timeout: ANSWERS_WITHIN_MS }).status === 0;
}

function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

async function startEngine() {
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
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
    engine.kill('SIGTERM');
    await Promise.race([ended, delay(STOPS_WITHIN_MS, undefined, { ref: false })]);
    engine.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (engine.exitCode === null && Date.now() < deadline) {
    if (answers()) return { stop };
    await delay(LOOK_AGAIN_MS);
  }
  const said = readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '';
  await stop();
  return { reason: `a Docker engine cannot be started here: ${said}` };
}

function hasImage(image) {
  return spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore' }).status === 0;
}

function pull(image) {
  try {
    execFileSync('docker', ['pull', '--quiet', image], { stdio: 'ignore', timeout: PULLED_WITHIN_MS });
    return true;
  } catch {
    return false;
  }
}
