/**
 * `npm run test:containers`: builds the services' images and does the main job on them, against Kafka and Postgres in containers.
 * Where no Docker engine can be had, or no image to build on, it says so in a sentence and is done: only a build or a test that fails is
 * a failure. What is added goes to Jest.
 *   --built    the images are there with the tag `containers`
 *   --install  a Docker engine may be installed from Debian's packages
 */
import { join } from 'node:path';

import { cannotInstall, lackingRoom, missingBaseImages } from './containers/base-images.mjs';
import { within } from './containers/bounded.mjs';
import { useEngine } from './containers/engine.mjs';
import { npmRegistry } from './image/npm-registry.mjs';
import { explained, node, prepare, root } from './prepare.mjs';

const TAG = 'containers';
/** What the main job needs. */
const APPS = ['contacts-sync', 'identity-registration'];
/** From a machine that has nothing to images that are built: three minutes on two cores. */
const PREPARED_WITHIN_MS = 20 * 60_000;
/** They take half a minute; what never ends has to be told from what is slow. */
const TESTED_WITHIN_MS = 15 * 60_000;
const PRUNED_WITHIN_MS = 60_000;
/** Of what a build said, the end. */
const LINES_OF_A_FAILURE = 60;

const OWN = ['--built', '--install'];
const own = new Set(process.argv.slice(2).filter((arg) => OWN.includes(arg)));
const added = process.argv.slice(2).filter((arg) => !OWN.includes(arg));
const deadlineMs = Date.now() + PREPARED_WITHIN_MS;
const bounded = (ms) => Math.min(ms, deadlineMs - Date.now());

await explained(async () => {
  const engine = await useEngine({ mayInstall: own.has('--install'), bounded });
  if ('reason' in engine) return leftOut(engine.reason);
  try {
    const images = await makeImages();
    if (images.leftOut !== undefined) return leftOut(images.leftOut);
    process.exitCode = images.isBuilt && (await runTests()) ? 0 : 1;
    await prune();
  } finally {
    await engine.stop();
  }
});

function leftOut(reason) {
  console.log(`The images were not tried in containers: ${reason}.`);
}

/** @returns {Promise<{ isBuilt: boolean } | { leftOut: string }>} */
async function makeImages() {
  const lacking = (await lackingRoom()) ?? (await missingBaseImages(bounded));
  if (lacking !== undefined) return { leftOut: lacking };
  if (own.has('--built')) return { isBuilt: true };
  const cannot = await cannotInstall(npmRegistry(root), bounded);
  if (cannot !== undefined) return { leftOut: cannot };
  console.log(`Building the images of ${APPS.join(' and ')} …`);
  const args = [join(root, 'scripts/image.mjs'), ...APPS, '--tag', TAG];
  const { status, isLate, said } = await within(bounded(PREPARED_WITHIN_MS), process.execPath, args);
  if (isLate) return { leftOut: `they were not built within ${minutes(PREPARED_WITHIN_MS)}` };
  if (status !== 0) console.error(said.split('\n').slice(-LINES_OF_A_FAILURE).join('\n'));
  return { isBuilt: status === 0 };
}

async function runTests() {
  await prepare({ quiet: true });
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const args = [...flags, jest, '--selectProjects', 'containers', ...added];
  const { status, isLate } = await within(TESTED_WITHIN_MS, node, args, {
    cwd: root,
    shows: true,
    // Testcontainers' own caretaker is an image that a machine without a registry does not have.
    env: { NODE_ENV: 'test', SAMSPILL_IMAGES_TAG: TAG, TESTCONTAINERS_RYUK_DISABLED: 'true' },
  });
  if (isLate) console.error(`The tests had not ended after ${minutes(TESTED_WITHIN_MS)}.`);
  return status === 0;
}

/** Layers of former builds that no image has any more; what was built today is kept, since the next build goes on from it. */
async function prune() {
  const which = ['--filter', 'label=org.samspill.stage', '--filter', 'until=24h'];
  await within(PRUNED_WITHIN_MS, 'docker', ['image', 'prune', '--force', ...which]);
}

function minutes(ms) {
  return `${ms / 60_000} minutes`;
}
