/** Samspill in a namespace of its own on a cluster, and all that is done to it there. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { services as deployable } from '../image/images.mjs';
import { run, until } from './cluster.mjs';
import { firstOperatorSignsIn } from './operator-login.mjs';
import * as outside from './outside.mjs';
import { evict, kubectl, NAMESPACE, restarted } from './pods.mjs';
import { Sender } from './sender.mjs';

const root = join(import.meta.dirname, '..', '..');
const here = import.meta.dirname;
const chart = join(root, 'helm', 'samspill');
const RELEASE = 'samspill';
/** Stops a broker in order, and at once. */
const STOP_KAFKA = 'kill -TERM $(</tmp/kafka.pid)';
const KILL_KAFKA = 'kill -KILL $(</tmp/kafka.pid)';
/** «Leave at once»; Postgres is the first process of its container. */
const STOP_POSTGRES = 'kill -INT 1';
/** Of pods on a machine that may have much else to do. */
const READY_MS = 600_000;
const HELM_TIMEOUT = '10m';
const REACHED_WITHIN_MS = 60_000;
const BROKERS = ['kafka-0', 'kafka-1', 'kafka-2'];
const SERVICE_PODS = 'samspill.io/kind=service';

export class Release {
  #tags;
  #services;
  #sender = new Sender({ namespace: NAMESPACE, release: RELEASE });

  /** @param names of the services that it runs */
  constructor(tags, names) {
    this.#tags = tags;
    const { services } = JSON.parse(readFileSync(join(chart, 'files', 'catalogue.json'), 'utf8'));
    this.#services = names.map((name) => ({ name, context: services[name].context }));
  }

  async makeStores() {
    await run('kubectl', ['create', 'namespace', NAMESPACE]);
    await run('kubectl', ['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
    const key = `1:${randomBytes(32).toString('base64')}`;
    await this.#secret('samspill-master-keys', 'master-keys', key);
    await kubectl('apply', '-f', join(here, 'kafka.yaml'));
    const database = readFileSync(join(here, 'database.yaml'), 'utf8');
    for (const { context } of this.#services) {
      const name = `${context}-database`;
      await this.#secret(`samspill-${name}`, 'url', `postgresql://samspill:samspill@${name}:5432/samspill`);
      await this.#apply(database.replaceAll('NAME', name));
    }
    for (const store of this.#stores())
      await kubectl('rollout', 'status', `statefulset/${store}`, `--timeout=${READY_MS}ms`);
  }

  async refuseBrokenValues() {
    const broken = ['--values', join(here, 'broken-values.yaml')];
    const said = await this.#helm(['install', RELEASE, chart, ...broken], { fails: true });
    const unknown = await this.#helm(
      ['install', ...this.#chartArgs(0), '--set=services.contacts-sync.replicaz=3'],
      { fails: true },
    );
    const expected = [/services\.contact-sync: there is no such service/, /kafka\.brokers/, /tokenUrl/];
    const unheard = expected.filter((pattern) => !pattern.test(said));
    if (unheard.length > 0 || !unknown.includes('replicaz'))
      throw new Error(`refused, but not for ${unheard.join()} or replicaz:\n${said}\n${unknown}`);
    const left = await kubectl('get', 'deployments', '-o', 'name');
    if (left !== '') throw new Error(`values that were refused left ${left}`);
  }

  async install() {
    await this.#helm(['install', ...this.#chartArgs(0)]);
    const pods = JSON.parse(
      await kubectl('get', 'pods', '-l', 'app.kubernetes.io/part-of=samspill', '-o', 'json'),
    );
    return `${pods.items.length} pods`;
  }

  async test() {
    await this.#helm(['test', RELEASE, '--logs', `--timeout=${HELM_TIMEOUT}`], { shows: true });
  }

  async upgrade() {
    await this.#helm(['upgrade', ...this.#chartArgs(1)]);
  }

  async rollBack() {
    await this.#helm(['rollback', RELEASE, '1', '--wait', `--timeout=${HELM_TIMEOUT}`]);
  }

  async startLoad() {
    await this.#sender.start(`samspill/operator:${this.#tags[0]}`);
  }

  /** @throws Error where a request failed meanwhile, though all would go again */
  async losesNothing(work) {
    const before = await this.#sender.progress();
    const note = await work();
    const after = await this.#sender.progress();
    if (after.failed > before.failed)
      throw new Error(`${after.failed - before.failed} requests failed, at last: ${after.last}`);
    return `${note ? `${note}; ` : ''}${after.acknowledged - before.acknowledged} requests meanwhile, none failed`;
  }

  /** What fails meanwhile is sent again; whether anything is missing shows at the end. */
  async countsFailures(work) {
    const before = await this.#sender.progress();
    const note = await work();
    const after = await this.#sender.progress();
    return `${note}; ${after.acknowledged - before.acknowledged} requests meanwhile, ${after.failed - before.failed} failed and were sent again`;
  }

  /** By the API that a drain of a node uses, so that disruption budgets decide when: all at once are asked for. */
  async evictEachPod() {
    const pods = await this.#servicePods();
    await Promise.all(pods.map((pod) => evict(pod)));
    await this.#ready();
    return `${pods.length} pods`;
  }

  async killEachPod() {
    const pods = await this.#servicePods();
    for (const pod of pods) {
      await kubectl('delete', 'pod', pod, '--grace-period=0', '--force');
      await this.#ready();
    }
    return `${pods.length} pods, without grace`;
  }

  async stopEachBroker() {
    for (const broker of BROKERS) {
      await restarted([broker], STOP_KAFKA, READY_MS);
      await this.#ready();
    }
    return `${BROKERS.length} brokers`;
  }

  /** No broker is there for a while: what is written waits in the databases. */
  async killKafka() {
    await restarted(BROKERS, KILL_KAFKA, READY_MS);
    await this.#ready();
    return `${BROKERS.length} brokers`;
  }

  async stopEachDatabase() {
    for (const { context } of this.#services) {
      await restarted([`${context}-database-0`], STOP_POSTGRES, READY_MS);
      await this.#ready();
    }
    return `${this.#services.length} databases`;
  }

  /** Drops the live rows of the directory behind the service's back, and has the Job bring them back. */
  async rebuildDropped() {
    const drop = `
      import pg from 'pg';
      const client = new pg.Client(process.env.SAMSPILL_DATABASE_URL);
      await client.connect();
      const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'read' AND tablename LIKE 'directory%'");
      for (const { tablename } of rows) await client.query('DROP TABLE read.' + client.escapeIdentifier(tablename) + ' CASCADE');
      await client.end();
      console.log(rows.length);`;
    const script = ['sh', '-c', 'cd /app/libs/eventlog && node --input-type=module -e "$0"', drop];
    const dropped = await kubectl(
      'exec',
      `deploy/${RELEASE}-contacts-sync`,
      '-c',
      'contacts-sync',
      '--',
      ...script,
    );
    if (Number(dropped) === 0) throw new Error('there was nothing to drop');
    const job = await this.#helm([
      'template',
      ...this.#chartArgs(0).filter((arg) => arg !== '--wait' && !arg.startsWith('--timeout')),
      '--show-only=templates/rebuild-job.yaml',
      '--set=rebuild.scope=projection,rebuild.of=contacts.directory,rebuild.reason=dropped',
    ]);
    await this.#apply(job);
    const name = /^ {2}name: (\S*rebuild\S*)$/m.exec(job)?.[1];
    await kubectl('wait', '--for=condition=Complete', `job/${name}`, `--timeout=${READY_MS}ms`);
    await this.#ready();
    const said = await kubectl('logs', `job/${name}`);
    return `${dropped.trim()} tables dropped; ${said.trim().split('\n').at(-1)?.trim()}`;
  }

  async endLoad() {
    return await this.#sender.end(READY_MS);
  }

  async proveWhole() {
    const samspill = ['exec', `deploy/${RELEASE}-operator`, '--', 'samspill'];
    for (const { context } of this.#services)
      await kubectl(...samspill, 'log', 'verify', '--service', context);
    const status = await this.#status();
    if (/ is held since /.test(status)) throw new Error(`something needs a person:\n${status}`);
    await this.test();
  }

  /** Nobody gets in then without a token, but operators by the credential for the hour in which sign-in is broken. */
  async signIn() {
    const credential = randomBytes(32).toString('base64url');
    await this.#secret('samspill-break-glass', 'break-glass', credential);
    await this.#secret('samspill-mail', 'smtp-url', outside.SMTP_URL);
    await outside.makeCertificate();
    await this.#helm(['upgrade', ...this.#chartArgs(0), `--set=${outside.SIGN_IN_VALUES}`]);
    await this.test();
    await this.#status(credential);
  }

  async login() {
    await outside.startOutside(`samspill/operator:${this.#tags[0]}`, RELEASE);
    return await firstOperatorSignsIn(`deploy/${RELEASE}-operator`);
  }

  async uninstall() {
    await this.#helm(['uninstall', RELEASE, '--wait', `--timeout=${HELM_TIMEOUT}`]);
    const kinds = 'deployments,services,configmaps,serviceaccounts,networkpolicies,jobs,poddisruptionbudgets';
    const left = await kubectl(
      'get',
      kinds,
      '-l',
      `helm.sh/chart,app.kubernetes.io/instance=${RELEASE}`,
      '-o',
      'name',
    );
    const unexpected = left.split('\n').filter((name) => name !== '' && !/main-job|rebuild/.test(name));
    if (unexpected.length > 0) throw new Error(`left behind: ${unexpected.join(', ')}`);
  }

  async remove() {
    await run('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
  }

  /**
   * What the operator's command says; it ends with 5 where something needs a person, such as mail that nobody takes here. Asked again
   * while it is led to pods that have just left.
   */
  async #status(credential = '') {
    const token = `SAMSPILL_OPERATOR_TOKEN=${credential}`;
    const ask = ['env', token, 'sh', '-c', 'samspill status || test $? = 5'];
    return await until('what the operator asks', REACHED_WITHIN_MS, () =>
      kubectl('exec', `deploy/${RELEASE}-operator`, '--', ...ask).catch((error) => {
        if (error.message.includes('cannot be reached')) return undefined;
        throw error;
      }),
    );
  }

  #stores() {
    return ['kafka', ...this.#services.map(({ context }) => `${context}-database`)];
  }

  async #ready() {
    for (const { name } of this.#services)
      await kubectl('rollout', 'status', `deployment/${RELEASE}-${name}`, `--timeout=${READY_MS}ms`);
  }

  async #servicePods() {
    const names = await kubectl(
      'get',
      'pods',
      '-l',
      SERVICE_PODS,
      '-o',
      'jsonpath={.items[*].metadata.name}',
    );
    return names.trim().split(/\s+/);
  }

  #chartArgs(tag) {
    const brokers = JSON.stringify(BROKERS.map((broker) => `${broker}.kafka:9092`));
    const databases = this.#services.map(
      ({ name, context }) =>
        `services.${name}.enabled=true,services.${name}.database.secret=samspill-${context}-database`,
    );
    const others = deployable.filter((service) => !this.#services.some(({ name }) => name === service));
    return [
      RELEASE,
      chart,
      `--set=image.tag=${this.#tags[tag]}`,
      '--set=withoutSignIn=in-cluster,masterKeys.secret=samspill-master-keys',
      `--set-json=kafka.brokers=${brokers}`,
      '--set=kafka.topics.replicas=3,kafka.topics.minInSync=2',
      // A node for trying things is small. Above what Jobs ask for, so that who serves goes before who starts.
      '--set=serviceDefaults.resources.requests.cpu=60m,serviceDefaults.resources.requests.memory=128Mi',
      `--set=${databases.join(',')}`,
      ...others.map((name) => `--set=services.${name}.enabled=false`),
      '--wait',
      `--timeout=${HELM_TIMEOUT}`,
    ];
  }

  async #helm(args, options) {
    return await run('helm', [...args, '--namespace', NAMESPACE], options);
  }

  async #secret(name, key, value) {
    await kubectl('create', 'secret', 'generic', name, `--from-literal=${key}=${value}`);
  }

  async #apply(manifests) {
    await run('kubectl', ['--namespace', NAMESPACE, 'apply', '-f', '-'], { input: manifests });
  }
}
