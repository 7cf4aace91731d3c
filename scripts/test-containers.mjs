/**
 * `npm run test:containers`: builds the services' images and does the main job on them, against Kafka and Postgres in containers.
 * Where no Docker engine can be had, or no image to build on, it says so in a sentence and is done. What is added goes to Jest.
 *   --built  the images are there with the tag `containers`
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { missingBaseImages, useEngine } from './containers/engine.mjs';
import { explained, prepare, root, runNode } from './prepare.mjs';

const TAG = 'containers';
/** What the main job needs. */
const APPS = ['contacts-sync', 'identity-registration'];
const isBuilt = process.argv.includes('--built');
const added = process.argv.slice(2).filter((arg) => arg !== '--built');

await explained(async () => {
  const engine = await useEngine();
  if ('reason' in engine) return leftOut(engine.reason);
  try {
    const lacking = missingBaseImages();
    if (lacking !== undefined) return leftOut(lacking);
    if (!isBuilt && !buildImages()) process.exitCode = 1;
    else {
      await prepare({ quiet: true });
      process.exitCode = await runTests();
    }
  } finally {
    await engine.stop();
  }
});

function leftOut(reason) {
  console.log(`The images were not tried in containers: ${reason}.`);
}

function buildImages() {
  const args = [join(root, 'scripts/image.mjs'), ...APPS, '--tag', TAG];
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

async function runTests() {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return await runNode([...flags, jest, '--selectProjects', 'containers', ...added], {
    // Testcontainers' own caretaker is an image that a machine without a registry does not have.
    env: { NODE_ENV: 'test', SAMSPILL_IMAGES_TAG: TAG, TESTCONTAINERS_RYUK_DISABLED: 'true' },
  });
}
