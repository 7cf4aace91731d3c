import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from '@samspill/eventlog';
import { reasonOf } from '@samspill/kernel';
import { abandonResync } from './abandon-resync.js';
import { clearForgotten } from './clear-forgotten.js';
import { runResync, tidyResync, type ResyncDependencies } from './resync-run.js';
import {
  abandonedUploads,
  confirmedResyncs,
  dropExpired,
  orphanedResyncs,
  untidyResyncs,
} from './resync-work.js';

/** How soon another process takes up what one has left, and a run that had to wait is tried again. */
const POLL_MS = 2_000;
/** How often what was left behind is looked for. */
const TIDY_EVERY_MS = 60_000;
/** Resyncs that one process runs at a time: more would only share the same two hands. */
const MAX_RUNNING = 4;

const UPLOAD_LOST = 'The upload broke off: the process that received it has ended. Send the file again.';
const ROWS_LOST =
  'The rows that were received are gone with the database that held them. Send the file again.';

/**
 * Runs confirmed resyncs in this process, those included that another one has left: each in one process at a time. Also cancels
 * uploads that broke off, and removes what is not needed any more, or says anything of people who have been forgotten.
 */
export class ResyncRunner implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stop = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #loop: Promise<void> | undefined;
  #tidyAtMs = 0;
  #woken = false;
  #awaken: () => void = () => undefined;

  constructor(private readonly dependencies: ResyncDependencies) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.stop();
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the batches under way are done; what is left is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#running.values());
  }

  /** There is something to run. */
  wake(): void {
    this.#woken = true;
    this.#awaken();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#attempt('look for resyncs to run', async () => await this.#startConfirmed());
      // What fails is tried again at the next round: nothing can be appended yet when a service has just started.
      if (
        Date.now() >= this.#tidyAtMs &&
        (await this.#attempt('tidy up after resyncs', async () => await this.#tidyUp()))
      ) {
        this.#tidyAtMs = Date.now() + TIDY_EVERY_MS;
      }
      await this.#sleep();
    }
  }

  async #startConfirmed(): Promise<void> {
    for (const id of await confirmedResyncs(this.dependencies.database)) {
      if (this.#running.has(id) || this.#running.size >= MAX_RUNNING || this.#stop.signal.aborted) continue;
      const run = this.#attempt(`run resync ${id}`, async () => {
        await runResync(id, this.dependencies, this.#stop.signal);
      }).then(() => void this.#running.delete(id));
      this.#running.set(id, run);
    }
  }

  async #tidyUp(): Promise<void> {
    const { database } = this.dependencies;
    for (const id of await abandonedUploads(database, null))
      await abandonResync(id, UPLOAD_LOST, this.dependencies);
    for (const id of await orphanedResyncs(database)) await abandonResync(id, ROWS_LOST, this.dependencies);
    for (const id of await untidyResyncs(database)) await tidyResync(database, id);
    await dropExpired(database);
    await clearForgotten(database);
  }

  /** A failure is told and tried again at the next round: the database or the log may be away for a while. */
  async #attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      const { logger }: { readonly logger: Logger } = this.dependencies;
      logger.warn(`could not ${what}; it is tried again`, { reason });
      return false;
    }
  }

  async #sleep(): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        this.#awaken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#woken = false;
  }
}
