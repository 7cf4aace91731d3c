/** The pod that sends change after change (load.mjs) while other things happen, and what it has met. */
import { join } from 'node:path';

import { run, until } from './cluster.mjs';

const POD = 'load';
const STARTS_WITHIN_MS = 300_000;

export class Sender {
  #release;
  #kubectl;

  constructor({ namespace, release }) {
    this.#release = release;
    this.#kubectl = (args, options) => run('kubectl', ['--namespace', namespace, ...args], options);
  }

  /** Resolves when the first change has been taken. One that was started before is ended. */
  async start(image) {
    await this.#kubectl([
      'delete',
      `pod/${POD}`,
      `configmap/${POD}`,
      '--ignore-not-found',
      '--grace-period=1',
    ]);
    const scripts = [
      join(import.meta.dirname, 'load.mjs'),
      join(import.meta.dirname, '..', '..', 'helm', 'samspill', 'files', 'follow-set-up-guide.mjs'),
    ];
    await this.#kubectl(['create', 'configmap', POD, ...scripts.map((script) => `--from-file=${script}`)]);
    await this.#kubectl(['create', '-f', '-'], { input: JSON.stringify(this.#pod(image)) });
    await until('the first change', STARTS_WITHIN_MS, async () => {
      const { acknowledged } = await this.progress().catch(() => ({ acknowledged: 0 }));
      return acknowledged > 0;
    });
  }

  /** How many changes have been taken, how many requests have failed, and why the last of them did. */
  async progress() {
    const lines = (await this.#kubectl(['logs', POD])).trim().split('\n');
    const failures = lines.filter((line) => line.startsWith('failed: '));
    const taken = lines.filter((line) => line.startsWith('taken: ')).at(-1);
    return {
      acknowledged: Number(taken?.slice('taken: '.length) ?? 0),
      failed: failures.length,
      last: failures.at(-1),
    };
  }

  /** Has it end and compare. @throws Error where anything that was acknowledged is missing */
  async end(timeoutMs) {
    await this.#kubectl(['exec', POD, '--', 'touch', '/tmp/stop']);
    const end = await until('the sender to end', timeoutMs, async () => {
      const { status } = JSON.parse(await this.#kubectl(['get', 'pod', POD, '-o', 'json']));
      return ['Succeeded', 'Failed'].includes(status.phase) ? status.phase : undefined;
    });
    const last = (await this.#kubectl(['logs', POD])).trim().split('\n').at(-1) ?? '';
    if (end !== 'Succeeded') throw new Error(`acknowledged changes are missing: ${last}`);
    const { acknowledged, failures } = JSON.parse(last);
    return `${acknowledged} changes acknowledged, each is there; sent again after ${JSON.stringify(failures)}`;
  }

  #pod(image) {
    const urls = ['contacts=contacts-sync', 'identity=identity-registration'];
    const value = urls.map((entry) => entry.replace('=', `=http://${this.#release}-`)).join();
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: POD,
        // What the release's own clients are called, so that its network policies let it through.
        labels: { 'app.kubernetes.io/instance': this.#release, 'samspill.io/kind': 'operator' },
      },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: POD,
            image,
            command: ['node', '/load/load.mjs'],
            env: [{ name: 'URLS', value }],
            // Else it waits for its own turn on a machine where much starts at once, and not for answers.
            resources: { requests: { cpu: '100m', memory: '128Mi' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'load', mountPath: '/load' }],
          },
        ],
        volumes: [{ name: 'load', configMap: { name: POD } }],
      },
    };
  }
}
