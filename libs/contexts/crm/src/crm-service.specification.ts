import { silentLogger, type Log } from '@samspill/eventlog';
import { startHost, type ContextDefinition, type Host, type SignInConfiguration } from '@samspill/platform';

export const PARTITIONS = 4;
const POOL_SIZE = 10;
const DATABASE_WAIT_MS = 30_000;
/** As quick as a test may be. */
export const QUICK = { settleMs: 50, firstRetryMs: 20, longestRetryMs: 200 };

/** The service of a test, wherever it runs. */
export interface CrmService {
  /** Of its API, while it runs. */
  readonly url: string;
  start(): Promise<void>;
  /** In order: what is under way is finished. */
  stop(): Promise<void>;
}

export interface HostedCrmOptions {
  readonly definition: ContextDefinition;
  readonly databaseUrl: string;
  readonly log: Log;
  readonly signIn?: SignInConfiguration | undefined;
}

/** The service in this process. */
export class HostedCrm implements CrmService {
  #host: Host | undefined;

  constructor(private readonly options: HostedCrmOptions) {}

  get url(): string {
    return this.#host?.url ?? '';
  }

  async start(): Promise<void> {
    const { definition, databaseUrl, log, signIn } = this.options;
    this.#host = await startHost({
      contexts: [
        { definition, database: { url: databaseUrl, poolSize: POOL_SIZE, waitMs: DATABASE_WAIT_MS } },
      ],
      log,
      http: { host: '127.0.0.1', port: 0 },
      logger: silentLogger,
      api: { title: 'crm-link', description: 'A test.', version: '0.1.0' },
      partitions: PARTITIONS,
      ...(signIn && { signIn }),
    });
  }

  async stop(): Promise<void> {
    await this.#host?.close();
    this.#host = undefined;
  }
}
