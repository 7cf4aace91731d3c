/** `npm run image -- APP…`: builds the image of each named app (`--all`: of every service and the operator's command line). */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { images } from './image/images.mjs';
import { npmRegistry } from './image/npm-registry.mjs';

const root = join(import.meta.dirname, '..');
const USAGE = `npm run image -- APP… [--tag TAG] [--prefix samspill/]
  APP      ${images.join(', ')}; or --all
  --tag    tag of the images; the version in package.json unless given
  --prefix what stands before the app's name, such as registry.example/samspill/`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean' },
    tag: { type: 'string' },
    prefix: { type: 'string', default: 'samspill/' },
    help: { type: 'boolean' },
  },
});
const apps = values.all ? images : positionals;
const unknown = apps.filter((app) => !images.includes(app));
if (values.help || apps.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no image of ${unknown.join(', ')}.`);
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tag = values.tag ?? version;
const commit = git('rev-parse', 'HEAD');
// The date of what is built, not of the building: the same commit gives the same layers.
const epoch = git('log', '-1', '--format=%ct') || '0';
const registry = npmRegistry(root);
for (const app of apps) {
  const image = `${values.prefix}${app}:${tag}`;
  const args = {
    APP: app,
    VERSION: version,
    REVISION: commit || 'unknown',
    CREATED: new Date(Number(epoch) * 1000).toISOString(),
    SOURCE_DATE_EPOCH: epoch,
    ...(registry !== undefined && { NPM_CONFIG_REGISTRY: registry }),
  };
  const given = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  console.log(`Building ${image} …`);
  const { status, error } = spawnSync(
    'docker',
    ['build', '--file', 'deploy/Dockerfile', '--tag', image, ...given, '.'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, DOCKER_BUILDKIT: hasBuildKit() ? '1' : '0' } },
  );
  if (error) console.error(`docker could not be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Newer clients have it as a plugin, which may be absent; the Dockerfile does without it. */
function hasBuildKit() {
  return spawnSync('docker', ['buildx', 'version'], { stdio: 'ignore' }).status === 0;
}

function git(...args) {
  if (!existsSync(join(root, '.git'))) return '';
  return execFileSync('git', args, { cwd: root }).toString().trim();
}
