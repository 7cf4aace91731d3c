import { setTimeout as delay } from 'node:timers/promises';

import { spawnService, waitFor, type ServiceProcess } from '@samspill/testing';

const PROBE_EVERY_MS = 50;

/** A process of a service, at the address that it said. */
export class Pod {
  private constructor(
    private readonly process: ServiceProcess,
    readonly url: string,
  ) {}

  static async start(main: string, env: Readonly<Record<string, string>>): Promise<Pod> {
    const process = await spawnService({ main, env, ready: /"message":"listening"/ });
    return new Pod(process, /"url":"(http:[^"]+)"/.exec(process.output())?.[1] ?? '');
  }

  /** What its probe says is missing; undefined when it is ready. */
  async lacking(): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.url}/health/ready`);
      return response.ok ? undefined : await response.text();
    } catch (error) {
      return String(error);
    }
  }

  async stop(): ReturnType<ServiceProcess['stop']> {
    return await this.process.stop();
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }
}

/**
 * What a Service of Kubernetes is to its callers: requests go in turn to the pods whose last probe said ready, each once, whatever
 * becomes of it.
 */
export class ReadyPods implements AsyncDisposable {
  readonly #pods = new Map<Pod, string | undefined>();
  readonly #probing: Promise<void>;
  #isOver = false;
  #turn = 0;

  constructor() {
    this.#probing = this.#probe();
  }

  /** Adds a pod, and waits until it gets requests. */
  async add(pod: Pod): Promise<void> {
    this.#pods.set(pod, 'not asked yet');
    await waitFor(() => this.#pods.get(pod) === undefined, { describe: `${pod.url} to be ready` });
  }

  async allReady(): Promise<void> {
    await waitFor(() => [...this.#pods.values()].every((lacking) => lacking === undefined), {
      describe: 'all pods to be ready',
    });
  }

  /** @throws what fetch throws; Error where no pod is ready, with what each lacks */
  async send(path: string, init: RequestInit): Promise<Response> {
    const ready = [...this.#pods].filter(([, lacking]) => lacking === undefined).map(([pod]) => pod);
    this.#turn += 1;
    const pod = ready[this.#turn % ready.length];
    if (pod === undefined) throw new Error(`no pod is ready: ${[...this.#pods.values()].join()}`);
    return await fetch(pod.url + path, init);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#probing;
  }

  async #probe(): Promise<void> {
    while (!this.#isOver) {
      await Promise.all([...this.#pods.keys()].map(async (pod) => this.#pods.set(pod, await pod.lacking())));
      await delay(PROBE_EVERY_MS);
    }
  }
}
