/**
 * `npm run test:chart`: Helm's linter, strictly; every shape of values in helm/samspill/ci against the schemas of Kubernetes; the chart's
 * unit tests. The tools are compiled from Go modules of pinned versions (scripts/chart/go.mod) and kept in the cache; without Go it
 * says so and checks nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const tools = join(root, 'scripts', 'chart');
const chart = join(root, 'helm', 'samspill');
const cache = join(root, 'node_modules', '.cache', 'samspill', 'chart');
const bin = join(cache, 'bin');
const schemas = join(cache, 'schemas');
const rendered = join(cache, 'rendered');

/** Whose API the chart is checked against. */
const KUBERNETES = 'k8s.io/kubernetes@v1.36.3';
/** Where the definitions of other operators' kinds are published as Go modules. */
const CRDS = [
  {
    module: 'sigs.k8s.io/gateway-api@v1.5.0',
    file: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
  },
  { module: 'github.com/kedacore/keda/v2@v2.21.0', file: 'config/crd/bases/keda.sh_scaledobjects.yaml' },
  {
    module: 'github.com/external-secrets/external-secrets@v1.3.2',
    file: 'config/crds/bases/external-secrets.io_externalsecrets.yaml',
  },
  ...['servicemonitors', 'prometheusrules'].map((kinds) => ({
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    file: `example/prometheus-operator-crd/monitoring.coreos.com_${kinds}.yaml`,
  })),
];
/** Of Strimzi, whose definitions are not to be had as a module. */
const UNCHECKED = ['KafkaTopic', 'KafkaUser'];

if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
  console.log('The chart was not checked: its tools are compiled with Go, which this machine does not have.');
  process.exit(0);
}
prepareTools();
const values = globSync(join(chart, 'ci', '*-values.yaml'));
rmSync(rendered, { recursive: true, force: true });
mkdirSync(rendered, { recursive: true });
check('lint and template of every ci values file', 'render', [chart, rendered, ...values]);
check('manifests against the schemas', 'kubeconform', [
  '-strict',
  '-summary',
  `-skip=${UNCHECKED.join(',')}`,
  `-schema-location=${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`,
  rendered,
]);
console.log(`Not checked, since their definitions are not to be had here: ${UNCHECKED.join(', ')}`);
check('unit tests of the chart', 'helm-unittest', ['--strict', chart]);
testRules(join(chart, 'files'));

/** The alerts, by Prometheus's own tool: from the PATH, else from Debian's package, unpacked without installing it. */
function testRules(files) {
  const promtool = findPromtool();
  if (promtool === undefined) {
    console.log(
      'The alerts were not checked: promtool is not here, and Debian’s package «prometheus» cannot be had.',
    );
    return;
  }
  console.log('── alerts');
  run(promtool, ['check', 'rules', join(files, 'rules.yaml')]);
  run(promtool, ['test', 'rules', join(files, 'rules-test.yaml')]);
}

function findPromtool() {
  if (works('promtool')) return 'promtool';
  const folder = join(cache, 'prometheus');
  const unpacked = join(folder, 'usr', 'bin', 'promtool');
  if (works(unpacked)) return unpacked;
  mkdirSync(folder, { recursive: true });
  const quietly = { cwd: folder, stdio: 'ignore' };
  for (const update of [false, true]) {
    if (update) spawnSync('apt-get', ['update', '-q'], quietly);
    if (spawnSync('apt-get', ['download', '-q', 'prometheus'], quietly).status === 0) break;
  }
  const [archive] = globSync(join(folder, 'prometheus_*.deb'));
  if (archive !== undefined) spawnSync('dpkg', ['-x', archive, folder], quietly);
  return works(unpacked) ? unpacked : undefined;
}

function works(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Compiles the tools and makes the schemas, unless what they are made from is as it was. */
function prepareTools() {
  const made = [KUBERNETES, ...CRDS.map(({ module }) => module)].join(' ');
  const sources = globSync('{go.mod,go.sum,*/main.go}', { cwd: tools }).sort();
  const hash = createHash('sha256').update(made);
  for (const source of sources) hash.update(readFileSync(join(tools, source)));
  const stamp = hash.digest('hex');
  const stampFile = join(cache, 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  mkdirSync(bin, { recursive: true });
  run('go', ['build', '-o', `${bin}/`, '-ldflags=-s -w', 'tool'], { cwd: tools });
  const swagger = join(moduleFolder(KUBERNETES), 'api', 'openapi-spec', 'swagger.json');
  const crds = CRDS.map(({ module, file }) => join(moduleFolder(module), file));
  run(join(bin, 'schemas'), [swagger, schemas, ...crds]);
  writeFileSync(stampFile, stamp);
}

function moduleFolder(module) {
  const { status, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], { cwd: cache });
  if (status !== 0) throw new Error(`${module} could not be had: ${stderr}${stdout}`);
  return JSON.parse(stdout.toString()).Dir;
}

function check(what, tool, args) {
  console.log(`── ${what}`);
  run(join(bin, tool), args);
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
