/** The images that ours are built from and tested with: there, pulled, or made without a registry where the means lie beside the project. */
import { existsSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { within } from './bounded.mjs';

const root = join(import.meta.dirname, '..', '..');
/** Beside the project where images of the same names can be made without a registry. */
const STAND_INS = join(root, '..', 'shared', 'tools', 'images.sh');
const NODE_IMAGE = 'node:24-bookworm-slim';
/** By their names, with what the stand-ins call them. */
const BASE_IMAGES = {
  [NODE_IMAGE]: 'node',
  'postgres:18': 'postgres',
  'apache/kafka:4.1.1': 'kafka',
};

const ANSWERS_WITHIN_MS = 10_000;
const PULLED_WITHIN_MS = 120_000;
/** A small Debian, Node, Postgres and Kafka with a Java, from packages that a mirror may be slow to give. */
const MADE_WITHIN_MS = 600_000;
const INSTALLS_WITHIN_MS = 60_000;
/** Two gigabytes are used, base images and all; some is written twice on the way. */
const ROOM_BYTES = 6e9;

/**
 * What of the base images cannot be had, in a sentence; undefined when all are there.
 * @param bounded shortens a bound to the time that is left
 */
export async function missingBaseImages(bounded = (ms) => ms) {
  const missing = [];
  for (const image of Object.keys(BASE_IMAGES)) {
    // Where one cannot be pulled, nobody waits for a registry to refuse the others as well.
    const isThere = (await hasImage(image)) || (missing.length === 0 && (await pull(image, bounded)));
    if (!isThere) missing.push(image);
  }
  if (missing.length === 0) return undefined;
  if (existsSync(STAND_INS)) {
    const names = missing.map((image) => BASE_IMAGES[image]);
    await within(bounded(MADE_WITHIN_MS), 'bash', [STAND_INS, ...names], {
      env: { PATH: machinesOwnPath() },
      shows: true,
    });
  }
  const lacking = [];
  for (const image of missing) if (!(await hasImage(image))) lacking.push(image);
  return lacking.length === 0 ? undefined : `no registry in reach has ${lacking.join(', ')}`;
}

/** What of the disk the engine lacks, in a sentence; undefined where there is room, or nobody here can tell. */
export async function lackingRoom() {
  const format = ['--format', '{{.DockerRootDir}}'];
  const { said } = await within(ANSWERS_WITHIN_MS, 'docker', ['info', ...format]);
  const folder = said.trim().split('\n').at(-1);
  if (!folder || !existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < ROOM_BYTES ? `less than ${ROOM_BYTES / 1e9} GB are free in ${folder}` : undefined;
}

/** What keeps packages from being installed in a container, in a sentence; undefined when they can be. Asks npm's registry for one. */
export async function cannotInstall(registry, bounded) {
  const ask = ['npm', 'view', 'node', 'version'];
  const told = registry === undefined ? [] : ['--env', `NPM_CONFIG_REGISTRY=${registry}`];
  const { status, isLate, said } = await within(bounded(INSTALLS_WITHIN_MS), 'docker', [
    'run',
    '--rm',
    ...told,
    NODE_IMAGE,
    ...ask,
  ]);
  if (status === 0) return undefined;
  const why = isLate ? 'it does not answer' : (said.trim().split('\n')[0] ?? '');
  return `a container cannot be run here, or does not reach npm's registry (${why})`;
}

/** Without what npm puts in front for a script: images get the machine's own npm, and the project's Node has none beside it. */
function machinesOwnPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
}

async function hasImage(image) {
  return (await within(ANSWERS_WITHIN_MS, 'docker', ['image', 'inspect', image])).status === 0;
}

async function pull(image, bounded) {
  return (await within(bounded(PULLED_WITHIN_MS), 'docker', ['pull', '--quiet', image])).status === 0;
}
