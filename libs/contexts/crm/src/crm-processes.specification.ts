import { join } from 'node:path';
import { spawnService, type ServiceProcess } from '@samspill/testing';
import type { CrmService } from './crm-service.specification.js';
import type { WorkerSettings } from './crm-worker.specification.js';

/** Compiled, as a service is. */
const WORKER = join(import.meta.dirname, '..', 'dist', 'crm-worker.specification.js');
const LISTENING = /listening (\S+)/;
const EVERY_START = new RegExp(LISTENING, 'g');

/** The service in processes of its own, several on one database, which are killed rather than asked to leave. */
export class CrmProcesses implements CrmService {
  #processes: readonly ServiceProcess[] = [];
  /** The one that is not there just now. */
  #away: ServiceProcess | undefined;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly instances: number,
  ) {}

  /** Of an instance that is there. */
  get url(): string {
    const running = this.#processes.find((process) => process !== this.#away);
    return [...(running?.output() ?? '').matchAll(EVERY_START)].at(-1)?.[1] ?? '';
  }

  async start(): Promise<void> {
    const args = [JSON.stringify(this.settings)];
    const spawned = Array.from({ length: this.instances }, () =>
      spawnService({ main: WORKER, args, ready: LISTENING }),
    );
    this.#processes = await Promise.all(spawned);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    this.#processes = [];
  }

  /** `kill -9` of all, and a new start. */
  async killAll(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await Promise.all(this.#processes.map((process) => process.restart()));
  }

  /** `kill -9` of one, which comes back while the others go on. */
  async killOne(index: number): Promise<void> {
    const victim = this.#processes[index];
    this.#away = victim;
    await victim?.restart();
    this.#away = undefined;
  }
}
