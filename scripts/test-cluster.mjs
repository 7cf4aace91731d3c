/**
 * `npm run test:cluster`: the chart on a real Kubernetes, from the images to the main job and through what happens to pods. On the
 * one-node cluster that lies beside the project, if it is there, else on the one that kubectl points at. Makes a namespace of its own
 * and removes it. Prints a summary with times.
 *   --import COMMAND  brings an image into a cluster without a registry; the path of a tar is added to it
 *   --built           the images are there with the tags cluster-a and cluster-b
 *   --services A,B    these services alone; all of them unless given
 *   --keep            leaves everything as it was at the end, or where it failed
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { run, Steps } from './cluster/cluster.mjs';
import { buildImages, saveImages, sizes } from './cluster/cluster-images.mjs';
import { hasOneNode, importIntoOneNode, startOneNode, stopOneNode } from './cluster/one-node.mjs';
import { Release } from './cluster/release.mjs';
import { missingBaseImages, useEngine } from './containers/engine.mjs';
import { services as all } from './image/images.mjs';

/** The same build under two names, so that an upgrade replaces every pod. */
const TAGS = ['cluster-a', 'cluster-b'];

const { values: options } = parseArgs({
  options: {
    import: { type: 'string' },
    built: { type: 'boolean' },
    services: { type: 'string', default: all.join(',') },
    keep: { type: 'boolean' },
  },
});
const services = options.services.split(',');
const images = [...services, 'operator'];
const isOneNode = hasOneNode() && options.import === undefined;
const steps = new Steps();
const release = new Release(TAGS, services);

const folder = mkdtempSync(join(tmpdir(), 'samspill-images-'));
try {
  const tars = await makeImages();
  if (isOneNode) await steps.step('a one-node Kubernetes started', startOneNode);
  await steps.step('images brought into the cluster', () => importImages(tars));
  await tryChart();
  const { serverVersion } = JSON.parse(await run('kubectl', ['version', '-o', 'json']));
  const helm = (await run('helm', ['version', '--short'])).trim();
  console.log(`\nKubernetes ${serverVersion.gitVersion}, Helm ${helm}\n\n${steps.summary()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (!options.keep) {
    await release.remove().catch((error) => console.error(error.message));
    if (isOneNode) stopOneNode();
  }
}

async function makeImages() {
  const engine = await useEngine();
  if ('reason' in engine) throw new Error(`Images cannot be built: ${engine.reason}.`);
  try {
    const lacking = missingBaseImages();
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

async function tryChart() {
  const step = (title, work) => steps.step(title, work);
  await step('a namespace under Pod Security restricted, three brokers, a Postgres a service', () =>
    release.makeStores(),
  );
  await step('values that cannot be used are refused', () => release.refuseBrokenValues());
  await step('helm install --wait', () => release.install());
  await step('helm test: the main job', () => release.test());
  await step('a sender that does not stop', () => release.startLoad());
  await step('helm upgrade under load', () => release.losesNothing(() => release.upgrade()));
  await step('helm rollback under load', () => release.losesNothing(() => release.rollBack()));
  await step('every pod of Samspill evicted, as a drain does', () =>
    release.losesNothing(() => release.evictEachPod()),
  );
  await step('every pod of Samspill killed in turn', () => release.killEachPod());
  await step('every broker and each Postgres stopped in turn', () => release.stopEachStore());
  await step('a dropped projection rebuilt by the Job', () => release.rebuildDropped());
  await step('everything that was acknowledged is there', () => release.endLoad());
  await step('the log is whole, and the main job again', () => release.proveWhole());
  await step('helm uninstall leaves nothing', () => release.uninstall());
}
