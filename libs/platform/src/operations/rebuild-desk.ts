import { uuidv7, type EventLog, type RebuildProgress, type RebuildResult } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

/** Rebuilds that are remembered after they have ended; what is on the log of operations for ever comes with the operator's tools. */
const REMEMBERED = 50;

export interface RebuildStatus {
  readonly id: string;
  readonly projection: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: string;
  readonly progress: RebuildProgress;
  readonly result?: RebuildResult;
  readonly failure?: string;
}

/** Rebuilds of one context that this process runs or ran. They go on when whoever asked has gone. */
export class RebuildDesk {
  readonly #rebuilds = new Map<string, RebuildStatus>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(private readonly eventLog: EventLog) {}

  /** @throws PlatformError `eventlog.unknown-projection`, `eventlog.rebuild-running` */
  start(projection: string): RebuildStatus {
    const known = this.eventLog.manifest.projections.map((candidate) => candidate.name);
    if (!known.includes(projection)) {
      throw new PlatformError(
        'eventlog.unknown-projection',
        `There is no projection ${projection}; there are ${known.join(', ')}.`,
        false,
      );
    }
    for (const other of this.#rebuilds.values()) {
      if (other.projection === projection && other.state === 'running') {
        throw new PlatformError(
          'eventlog.rebuild-running',
          `${projection} is being rebuilt already, as ${other.id}.`,
          true,
        );
      }
    }
    const status: RebuildStatus = {
      id: uuidv7(),
      projection,
      state: 'running',
      startedAt: new Date().toISOString(),
      progress: { phase: 'reading', read: 0, total: 0 },
    };
    this.#remember(status);
    const run = this.#run(status).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return status;
  }

  get(id: string): RebuildStatus | undefined {
    return this.#rebuilds.get(id);
  }

  list(): readonly RebuildStatus[] {
    return [...this.#rebuilds.values()].reverse();
  }

  /** Gives up what is running: the live rows stay as they are. */
  async stop(): Promise<void> {
    this.#stop.abort(
      new PlatformError('platform.stopping', 'The service is stopping; start the rebuild again.', true),
    );
    await Promise.allSettled(this.#running);
  }

  async #run(status: RebuildStatus): Promise<void> {
    const update = (change: Partial<RebuildStatus>): void => {
      const now = this.#rebuilds.get(status.id);
      if (now) this.#rebuilds.set(status.id, { ...now, ...change });
    };
    try {
      const result = await this.eventLog.rebuild(status.projection, {
        signal: this.#stop.signal,
        onProgress: (progress) => update({ progress }),
      });
      update({ state: 'done', result });
    } catch (error) {
      update({ state: 'failed', failure: error instanceof Error ? error.message : String(error) });
    }
  }

  #remember(status: RebuildStatus): void {
    this.#rebuilds.set(status.id, status);
    for (const [id, old] of this.#rebuilds) {
      if (this.#rebuilds.size <= REMEMBERED) return;
      if (old.state !== 'running') this.#rebuilds.delete(id);
    }
  }
}
