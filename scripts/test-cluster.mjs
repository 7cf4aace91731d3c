/**
 * `npm run test:cluster`: the chart on a real Kubernetes, from the images to the main job and through what happens to pods. On the
 * one-node cluster that lies beside the project, if it is there, else on the one that kubectl points at. Makes a namespace of its own
 * and removes it. Prints a summary with times.
 *   --import COMMAND  brings an image into a cluster without a registry; the path of a tar is added to it
 *   --built           the images are there with the tags cluster-a and cluster-b
 *   --services A,B    these services alone; all of them unless given
 *   --keep            leaves everything as it was at the end, or where it failed
 *   --from STEP       goes on from that step on what --keep has left; the images and all before it are there
 *   --until STEP      ends after that step
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { run, Steps } from './cluster/cluster.mjs';
import { buildImages, saveImages, sizes } from './cluster/cluster-images.mjs';
import {
  findOneNode,
  hasOneNode,
  importIntoOneNode,
  startOneNode,
  stopOneNode,
} from './cluster/one-node.mjs';
import { Release } from './cluster/release.mjs';
import { missingBaseImages } from './containers/base-images.mjs';
import { useEngine } from './containers/engine.mjs';
import { services as all } from './image/images.mjs';

/** The same build under two names, so that an upgrade replaces every pod. */
const TAGS = ['cluster-a', 'cluster-b'];

const { values: options } = parseArgs({
  options: {
    import: { type: 'string' },
    built: { type: 'boolean' },
    services: { type: 'string', default: all.join(',') },
    keep: { type: 'boolean' },
    from: { type: 'string' },
    until: { type: 'string' },
  },
});
const services = options.services.split(',');
const images = [...services, 'operator'];
const isOneNode = hasOneNode() && options.import === undefined;
const steps = new Steps();
const release = new Release(TAGS, services);

/** By the names that --from and --until take. Each says what it has seen, where there is something to say. */
const STEPS = {
  stores: [
    'a namespace under Pod Security restricted, three brokers, a Postgres a service',
    () => release.makeStores(),
  ],
  refuse: ['values that cannot be used are refused, and leave nothing', () => release.refuseBrokenValues()],
  install: ['`helm install --wait`', () => release.install()],
  test: ['`helm test`: the main job', () => release.test()],
  load: ['two senders that do not stop', () => release.startLoad()],
  upgrade: ['`helm upgrade` under load', () => release.losesNothing(() => release.upgrade())],
  rollback: ['`helm rollback` under load', () => release.losesNothing(() => release.rollBack())],
  evict: [
    'every pod of a service evicted at once, as drains do',
    () => release.losesNothing(() => release.evictEachPod()),
  ],
  kill: ['every pod of a service killed in turn', () => release.countsFailures(() => release.killEachPod())],
  brokers: ['every broker stopped in turn', () => release.losesNothing(() => release.stopEachBroker())],
  outage: ['all brokers killed at once', () => release.losesNothing(() => release.killKafka())],
  databases: [
    'each Postgres stopped in turn',
    () => release.countsFailures(() => release.stopEachDatabase()),
  ],
  rebuild: ['a dropped projection rebuilt by the Job', () => release.rebuildDropped()],
  compare: ['all that was acknowledged is there', () => release.endLoad()],
  prove: ['`samspill log verify`, and the main job again', () => release.proveWhole()],
  'sign-in': ['`helm upgrade` that switches sign-in on, and `helm test`', () => release.signIn()],
  login: ['`samspill login` in the operator’s pod, confirmed from outside', () => release.login()],
  uninstall: ['`helm uninstall` leaves nothing', () => release.uninstall()],
};
for (const name of ['from', 'until'])
  if (options[name] !== undefined && !(options[name] in STEPS))
    throw new Error(`--${name} takes one of ${Object.keys(STEPS).join(', ')}`);

let isWhole = false;
try {
  if (options.from === undefined) await prepareCluster();
  else if (isOneNode) findOneNode();
  const names = Object.keys(STEPS);
  const first = names.indexOf(options.from ?? names[0]);
  const last = names.indexOf(options.until ?? names.at(-1));
  for (const name of names.slice(first, last + 1)) await steps.step(...STEPS[name]);
  isWhole = true;
} finally {
  await summarise().catch((error) => console.error(error.message));
  if (!options.keep) {
    await release.remove().catch((error) => console.error(error.message));
    if (isOneNode) stopOneNode();
  } else if (!isWhole) console.log('Everything is left as it is: go on with --keep --from STEP.');
}

async function prepareCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'samspill-images-'));
  try {
    const tars = await makeImages(folder);
    if (isOneNode) await steps.step('a one-node Kubernetes started', startOneNode);
    await steps.step('images brought into the cluster', () => importImages(tars));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeImages(folder) {
  const engine = await useEngine();
  if ('reason' in engine) throw new Error(`Images cannot be built: ${engine.reason}.`);
  try {
    const lacking = await missingBaseImages();
    if (lacking !== undefined) throw new Error(`Images cannot be built: ${lacking}.`);
    if (!options.built)
      await steps.step('images built', async () => {
        await buildImages(images, TAGS);
        return await sizes(TAGS[0]);
      });
    return await saveImages(folder, images, TAGS);
  } finally {
    // The one-node cluster wants to be the only one with containers on the machine.
    await engine.stop();
  }
}

async function importImages(tars) {
  for (const tar of tars) {
    if (isOneNode) await importIntoOneNode(tar);
    else if (options.import !== undefined) await run('sh', ['-c', `${options.import} "$1"`, 'import', tar]);
  }
}

async function summarise() {
  const { serverVersion } = JSON.parse(await run('kubectl', ['version', '-o', 'json']));
  const helm = (await run('helm', ['version', '--short'])).trim();
  console.log(`\nKubernetes ${serverVersion.gitVersion}, Helm ${helm}\n\n${steps.summary()}`);
}
