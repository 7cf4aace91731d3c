import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { uuidv7, type Logger } from '@samspill/eventlog';
import { reasonOf } from '@samspill/kernel';
import type { AccountChanges } from './account-changes.js';

export interface UnfinishedTimes {
  readonly everyMs: number;
  /** What was connected later than so long ago may be settled by whoever connected it; that looks at the CRM, which takes a quarter of a minute at most. */
  readonly afterMs: number;
}

/** Whoever is connected to another account sees it filled within two minutes, even where a process has died over it. */
const TIMES: UnfinishedTimes = { everyMs: 60_000, afterMs: 60_000 };

export interface UnfinishedChangesDependencies {
  readonly accounts: Pick<AccountChanges, 'finish'>;
  readonly logger: Logger;
  readonly times?: UnfinishedTimes | undefined;
}

/** Finishes what processes have died over between a company's new connection and having its records gone over. Several instances may do the same. */
export class UnfinishedChanges implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly dependencies: UnfinishedChangesDependencies) {}

  onApplicationBootstrap(): void {
    const { everyMs } = this.dependencies.times ?? TIMES;
    this.#timer = setInterval(() => {
      this.#running ??= this.#round().finally(() => {
        this.#running = undefined;
      });
    }, everyMs);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** A failure is told and tried again at the next round: the database or the log may be away for a while. */
  async #round(): Promise<void> {
    const { accounts, logger, times = TIMES } = this.dependencies;
    const now = new Date();
    try {
      await accounts.finish(new Date(now.getTime() - times.afterMs), {
        actor: 'service:crm',
        correlationId: uuidv7(),
        now,
      });
    } catch (error) {
      const reason = reasonOf(error);
      logger.warn('a change of CRM accounts was not finished; it is tried again', { reason });
    }
  }
}
