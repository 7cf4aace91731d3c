/**
 * `npm run test:cluster`: the chart on a real Kubernetes, the one that kubectl points at. Makes namespaces of its own and removes them.
 * Needs kubectl, helm and docker; `--import COMMAND` brings an image into the cluster (the path of a tar is added to it) where it has
 * no registry, `--no-images` takes them as being there. Prints a summary with times.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { run, Steps, until } from './cluster/cluster.mjs';
import { services, images } from './image/images.mjs';

const root = join(import.meta.dirname, '..');
const chart = join(root, 'helm', 'samspill');
const NAMESPACE = 'samspill-test';
const RELEASE = 'samspill';
/** The same build under two names, so that an upgrade replaces every pod. */
const TAGS = ['cluster-a', 'cluster-b'];
const READY_MS = 300_000;

const { values: options } = parseArgs({
  options: { import: { type: 'string' }, 'no-images': { type: 'boolean' }, keep: { type: 'boolean' } },
});
const kubectl = (...args) => run('kubectl', ['--namespace', NAMESPACE, ...args]);
const helm = (...args) => run('helm', [...args, '--namespace', NAMESPACE]);
const steps = new Steps();
const installed = [
  '--set=withoutSignIn=in-cluster,masterKeys.secret=samspill-master-keys',
  '--set-json=kafka.brokers=["kafka-0.kafka:9092","kafka-1.kafka:9092","kafka-2.kafka:9092"]',
  '--set=kafka.topics.replicas=3,kafka.topics.minInSync=2',
  '--set=serviceDefaults.resources.requests.cpu=20m,serviceDefaults.resources.requests.memory=128Mi',
  '--wait',
  '--timeout=5m',
];
const chartArgs = (tag) => [RELEASE, chart, `--set=image.tag=${tag}`, ...installed];

if (!options['no-images']) await steps.step('images built and brought into the cluster', bringImages);
try {
  await steps.step('a namespace under Pod Security restricted, three brokers and two Postgres', makeStores);
  await steps.step('values that cannot be used are refused', refuseBrokenValues);
  await steps.step('helm install --wait', () => helm('install', ...chartArgs(TAGS[0])).then(noteOfPods));
  await steps.step('helm test: the main job', helmTest);
  await steps.step('a sender that does not stop', startLoad);
  await steps.step('helm upgrade under load', () =>
    helm('upgrade', ...chartArgs(TAGS[1])).then(failuresSoFar),
  );
  await steps.step('helm rollback under load', () =>
    helm('rollback', RELEASE, '1', '--wait', '--timeout=5m').then(failuresSoFar),
  );
  await steps.step('every pod of Samspill killed in turn', killEachPod);
  await steps.step('every broker and both Postgres stopped in turn', stopEachStore);
  await steps.step('a dropped projection rebuilt by the Job', rebuildDropped);
  await steps.step('everything that was acknowledged is there', endLoad);
  await steps.step('the log is whole, and the main job again', proveWhole);
  await steps.step('helm uninstall', () => helm('uninstall', RELEASE, '--wait'));
  const versions = JSON.parse(await run('kubectl', ['version', '-o', 'json']));
  const helmVersion = (await run('helm', ['version', '--short'])).trim();
  console.log(`\nKubernetes ${versions.serverVersion.gitVersion}, Helm ${helmVersion}\n\n${steps.summary()}`);
} finally {
  if (!options.keep)
    await run('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
}

async function bringImages() {
  const [first, second] = TAGS;
  execFileSync('node', [join(root, 'scripts/image.mjs'), '--all', '--tag', first], { stdio: 'inherit' });
  const names = images.flatMap((image) => TAGS.map((tag) => `samspill/${image}:${tag}`));
  for (const image of images)
    await run('docker', ['tag', `samspill/${image}:${first}`, `samspill/${image}:${second}`]);
  if (options.import === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'samspill-images-'));
  try {
    for (const [index, name] of ['apache/kafka:4.1.1', 'postgres:18', ...names].entries()) {
      const file = join(folder, `${index}.tar`);
      await run('docker', ['save', '--output', file, name]);
      await run('sh', ['-c', `${options.import} "$1"`, 'import', file]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function makeStores() {
  await run('kubectl', ['create', 'namespace', NAMESPACE]);
  await run('kubectl', ['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
  for (const context of ['identity', 'contacts']) {
    const url = `postgresql://samspill:samspill@${context}-database:5432/samspill`;
    await kubectl('create', 'secret', 'generic', `samspill-${context}-database`, `--from-literal=url=${url}`);
  }
  const key = `1:${randomBytes(32).toString('base64')}`;
  await kubectl('create', 'secret', 'generic', 'samspill-master-keys', `--from-literal=master-keys=${key}`);
  await kubectl('apply', '-f', join(root, 'scripts/cluster/stores.yaml'));
  for (const store of ['kafka', 'identity-database', 'contacts-database'])
    await kubectl('rollout', 'status', `statefulset/${store}`, `--timeout=${READY_MS}ms`);
}

async function refuseBrokenValues() {
  const args = ['--namespace', NAMESPACE, 'install', RELEASE, chart, ...installed];
  const unsigned = await run('helm', [...args, '--set=withoutSignIn=refused'], { fails: true });
  const unknown = await run('helm', [...args, '--set=services.contacts-sync.replicaz=3'], { fails: true });
  if (!unsigned.includes('there is no sign-in yet') || !unknown.includes('replicaz'))
    throw new Error(`refused for another reason:\n${unsigned}\n${unknown}`);
}

async function noteOfPods() {
  const pods = JSON.parse(
    await kubectl('get', 'pods', '-l', 'app.kubernetes.io/part-of=samspill', '-o', 'json'),
  );
  return `${pods.items.length} pods`;
}

async function helmTest() {
  await run('helm', ['test', RELEASE, '--namespace', NAMESPACE, '--logs', '--timeout=5m'], { shows: true });
}

async function startLoad() {
  await kubectl(
    'create',
    'configmap',
    'load',
    `--from-file=${join(root, 'scripts/cluster/load.mjs')}`,
    `--from-file=${join(root, 'helm/samspill/files/follow-set-up-guide.mjs')}`,
  );
  const urls = ['contacts=http://samspill-contacts-sync', 'identity=http://samspill-identity-registration'];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'load',
      // What the release's own clients are called, so that its network policies let it through.
      labels: { 'app.kubernetes.io/instance': RELEASE, 'samspill.io/kind': 'operator' },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image: `samspill/operator:${TAGS[0]}`,
          command: ['node', '/load/load.mjs'],
          env: [{ name: 'URLS', value: urls.join(',') }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [{ name: 'load', mountPath: '/load' }],
        },
      ],
      volumes: [{ name: 'load', configMap: { name: 'load' } }],
    },
  };
  await run('kubectl', ['--namespace', NAMESPACE, 'create', '-f', '-'], { input: JSON.stringify(pod) });
  await until('the first change', READY_MS, async () =>
    (await kubectl('logs', 'load').catch(() => '')).includes('sending'),
  );
}

/** Each kind of failure is written when it is first met. */
async function failuresSoFar() {
  const lines = (await kubectl('logs', 'load')).split('\n').filter((line) => line.startsWith('failed: '));
  const after = lines.slice(lines.findIndex((line) => line === 'sending') + 1);
  return after.length === 0 ? 'no request failed' : `the sender met: ${after.join('; ').slice(0, 200)}`;
}

async function ready() {
  for (const service of services)
    await kubectl('rollout', 'status', `deployment/${RELEASE}-${service}`, `--timeout=${READY_MS}ms`);
}

async function killEachPod() {
  const names = await kubectl('get', 'pods', '-l', 'samspill.io/kind=service', '-o', 'name');
  const pods = names.trim().split('\n');
  for (const pod of pods) {
    await kubectl('delete', pod, '--grace-period=0', '--force');
    await ready();
  }
  return `${pods.length} pods, without grace`;
}

async function stopEachStore() {
  const stores = ['kafka-0', 'kafka-1', 'kafka-2', 'identity-database-0', 'contacts-database-0'];
  for (const pod of stores) {
    const before = await restarts(pod);
    // Postgres takes INT for «leave at once», Kafka and its shell TERM.
    await kubectl('exec', pod, '--', 'bash', '-c', `kill -${pod.startsWith('kafka') ? 'TERM' : 'INT'} 1`);
    await until(`${pod} again`, READY_MS, async () => (await restarts(pod)) > before && (await isReady(pod)));
  }
  await ready();
}

async function restarts(pod) {
  const { status } = JSON.parse(await kubectl('get', 'pod', pod, '-o', 'json'));
  return status.containerStatuses?.[0]?.restartCount ?? 0;
}

async function isReady(pod) {
  const { status } = JSON.parse(await kubectl('get', 'pod', pod, '-o', 'json'));
  return status.containerStatuses?.[0]?.ready === true;
}

/** Drops the live rows of the directory behind the service's back, and has the Job bring them back. */
async function rebuildDropped() {
  const drop = `
    import pg from 'pg';
    const client = new pg.Client(process.env.SAMSPILL_DATABASE_URL);
    await client.connect();
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'read' AND tablename LIKE '%directory%'");
    for (const { tablename } of rows) await client.query('DROP TABLE read.' + client.escapeIdentifier(tablename) + ' CASCADE');
    await client.end();
    console.log(rows.length);`;
  const folder = '/app/libs/eventlog';
  const script = ['sh', '-c', `cd ${folder} && node --input-type=module -e "$0"`, drop];
  const dropped = await kubectl(
    'exec',
    `deploy/${RELEASE}-contacts-sync`,
    '-c',
    'contacts-sync',
    '--',
    ...script,
  );
  const job = await helm(
    'template',
    RELEASE,
    chart,
    `--set=image.tag=${TAGS[0]}`,
    ...installed.filter((arg) => arg.startsWith('--set')),
    '--show-only=templates/rebuild-job.yaml',
    '--set=rebuild.scope=projection,rebuild.of=contacts.directory,rebuild.reason=dropped',
  );
  await run('kubectl', ['--namespace', NAMESPACE, 'create', '-f', '-'], { input: job });
  const name = /^ {2}name: (\S*rebuild\S*)$/m.exec(job)?.[1];
  await kubectl('wait', '--for=condition=Complete', `job/${name}`, `--timeout=${READY_MS}ms`);
  const said = await kubectl('logs', `job/${name}`);
  return `${dropped.trim()} tables dropped; ${said.trim().split('\n').at(-1)?.trim()}`;
}

async function endLoad() {
  await kubectl('exec', 'load', '--', 'touch', '/tmp/stop');
  const phase = async () => JSON.parse(await kubectl('get', 'pod', 'load', '-o', 'json')).status.phase;
  const end = await until('the sender to end', READY_MS, async () => {
    const now = await phase();
    return ['Succeeded', 'Failed'].includes(now) ? now : undefined;
  });
  const last = (await kubectl('logs', 'load')).trim().split('\n').at(-1);
  if (end !== 'Succeeded') throw new Error(`acknowledged changes are missing: ${last}`);
  const { acknowledged, failures } = JSON.parse(last);
  return `${acknowledged} changes acknowledged, each is there; tries that failed and were made again: ${JSON.stringify(failures)}`;
}

async function proveWhole() {
  const operator = ['exec', `deploy/${RELEASE}-operator`, '--'];
  await kubectl(...operator, 'samspill', 'log', 'verify');
  await kubectl(...operator, 'samspill', 'status');
  await helmTest();
}
