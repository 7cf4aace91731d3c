/**
 * `npm run test:containers`: builds the services' images and does the main job on them, against Kafka and Postgres in containers.
 * Where no Docker engine can be had it says so and is done; SAMSPILL_CONTAINERS=no leaves it out. With CI=true an engine is installed
 * where Debian has it.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { missingBaseImages, useEngine } from './containers/engine.mjs';
import { services } from './image/images.mjs';
import { explained, prepare, root, runNode } from './prepare.mjs';

const TAG = 'containers';
const TESTED = ['contacts-sync', 'identity-registration'];
/** The whole has to fit into eight minutes. */
const BUILT_WITHIN_MS = 270_000;

await explained(async () => {
  if (process.env.SAMSPILL_CONTAINERS === 'no') return leftOut('SAMSPILL_CONTAINERS is «no»');
  const engine = await useEngine({ installs: process.env.CI === 'true' });
  if ('reason' in engine) return leftOut(engine.reason);
  try {
    const lacking = missingBaseImages();
    if (lacking !== undefined) return leftOut(lacking);
    if (!buildImages()) return;
    await prepare({ quiet: true });
    await runTests();
  } finally {
    await engine.stop();
  }
});

function leftOut(reason) {
  console.log(`The images were not tried in containers: ${reason}.`);
}

/** Whether they are built. A machine that is too slow or too busy for that is said to be, and nothing is wrong with the images. */
function buildImages() {
  const apps = services.filter((service) => TESTED.includes(service));
  const { status, error } = spawnSync('node', [join(root, 'scripts/image.mjs'), ...apps, '--tag', TAG], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: BUILT_WITHIN_MS,
  });
  if (error?.code === 'ETIMEDOUT') leftOut(`they could not be built within ${BUILT_WITHIN_MS / 1000} s`);
  else if (status !== 0) process.exitCode = 1;
  return status === 0;
}

async function runTests() {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  process.exitCode = await runNode(
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      jest,
      '--selectProjects',
      'containers',
      ...process.argv.slice(2),
    ],
    {
      // Testcontainers' own caretaker is an image that a machine without a registry does not have.
      env: { NODE_ENV: 'test', SAMSPILL_IMAGES_TAG: TAG, TESTCONTAINERS_RYUK_DISABLED: 'true' },
    },
  );
}
