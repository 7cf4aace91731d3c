import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { uuidv7, type Database, type Logger } from '@samspill/eventlog';
import type { CompanyDesk } from '../company/company-desk.js';

/** Licences end on days: a minute late is soon enough. */
const EVERY_MS = 60_000;
/** Companies a round; what is left comes in the next. */
const AT_ONCE = 100;

/** Along the index `next_end`. */
const DUE_SQL = 'SELECT company FROM read.licences_v1 WHERE next_end <= $1 ORDER BY next_end LIMIT $2';

export interface LicenceExpiryDependencies {
  readonly database: Database;
  readonly desk: CompanyDesk;
  readonly logger: Logger;
}

/** Ends licences whose time is over, and with them the synchronisation of their products. Several pods may do the same: it happens once. */
export class LicenceExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly dependencies: LicenceExpiryDependencies) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#round().finally(() => {
        this.#running = undefined;
      });
    }, EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** @returns how many companies had a licence that ended */
  async endDue(now: Date): Promise<number> {
    const { database, desk } = this.dependencies;
    const due = await database.withClient(
      async (client) => (await client.query<{ company: string }>(DUE_SQL, [now, AT_ONCE])).rows,
    );
    for (const { company } of due)
      await desk.expireLicences(company, {
        actor: 'service:identity-registration',
        correlationId: uuidv7(),
        now,
      });
    return due.length;
  }

  /** A failure is told and tried again at the next round: the database or the log may be away for a while. */
  async #round(): Promise<void> {
    try {
      await this.endDue(new Date());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.dependencies.logger.warn('licences could not be ended; it is tried again', { reason });
    }
  }
}
