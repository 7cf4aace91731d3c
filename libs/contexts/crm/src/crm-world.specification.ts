import { topics, type ContactRecord, type OrderRecord } from '@samspill/contracts';
import { MemoryCluster, MemoryLog, type Log } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import type { ContextDefinition, SignInConfiguration } from '@samspill/platform';
import { auditAnswer, type AuditAnswer } from '@samspill/platform/answers';
import { createTestDatabase, waitFor, type TestDatabase } from '@samspill/testing';
import type { Crms } from './crm/crm.js';
import { crmContextWith } from './crm.module.js';
import { HostedCrm, PARTITIONS, QUICK, type CrmService } from './crm-service.specification.js';
import { linkAnswer, type LinkAnswer } from './link/link.answers.js';
import { OtherContexts } from './other-contexts.specification.js';

const REACTORS = ['crm.deliver-customers', 'crm.deliver-persons', 'crm.deliver-orders'];

export interface CrmWorldOptions {
  /** In the place of the context over the toys. */
  readonly context?: ContextDefinition;
  readonly signIn?: SignInConfiguration;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The crm service on a real database, with a log that identity and contacts write to as well. */
export class CrmWorld {
  #service: CrmService;
  readonly #sequences = new Map<CompanyId, number>();
  /** Of whoever requests come from; nobody has to say so without sign-in. */
  token: string | undefined;

  private constructor(
    private database: TestDatabase,
    /** Identity and contacts. */
    readonly others: OtherContexts,
    private readonly serviceOver: (databaseUrl: string) => CrmService,
  ) {
    this.#service = serviceOver(database.url);
  }

  /**
   * The service in this process, on a log in memory.
   * @param crms that companies are connected to, unless a context of one's own is given
   */
  static async open(crms: Crms, { context, signIn }: CrmWorldOptions = {}): Promise<CrmWorld> {
    const toys = crmContextWith(() => ({ crms, store: undefined, limits: QUICK }));
    const log = new MemoryLog(new MemoryCluster());
    return await CrmWorld.over(
      log,
      (databaseUrl) => new HostedCrm({ definition: context ?? toys, databaseUrl, log, signIn }),
    );
  }

  /** @param log that the service is on as well; who opened it closes it */
  static async over(log: Log, serviceOver: (databaseUrl: string) => CrmService): Promise<CrmWorld> {
    await log.create(Object.values(topics), PARTITIONS);
    const database = await createTestDatabase({ prefix: 'crm' });
    const world = new CrmWorld(database, await OtherContexts.open(log), serviceOver);
    await world.start();
    return world;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.others.close();
    await this.database.drop();
  }

  async start(): Promise<void> {
    await this.#service.start();
    await this.ready();
  }

  /** Waits until the service is. */
  async ready(): Promise<void> {
    await waitFor(async () => (await fetch(`${this.#service.url}/health/ready`)).ok, {
      describe: 'the service to be ready',
    });
  }

  async stop(): Promise<void> {
    await this.#service.stop();
  }

  /** The service's database is gone, and an empty one takes its place; its reactors are held then. */
  async loseDatabase(): Promise<void> {
    await this.stop();
    await this.database.drop();
    this.database = await createTestDatabase({ prefix: 'crm' });
    this.#service = this.serviceOver(this.database.url);
    await this.start();
  }

  /** Lets every reactor go, once it is held. */
  async releaseReactors(): Promise<void> {
    for (const reactor of REACTORS)
      await waitFor(
        async () => {
          const path = `reactors/${reactor}/release`;
          return (await this.operations('POST', path, { reason: 'looked at' })).status === 204;
        },
        { describe: `${reactor} to be held, and let go` },
      );
  }

  /** Address of the service's own database. */
  get databaseUrl(): string {
    return this.database.url;
  }

  /** A registered company, as the service knows it. */
  async company(): Promise<CompanyId> {
    const company = await this.others.register();
    await waitFor(async () => (await this.request('GET', `${company}/link`)).status === 200, {
      describe: 'the company to be known',
    });
    return company;
  }

  /** What is on record, newest first. */
  async audited(query: { readonly kind: string; readonly since?: string }): Promise<AuditAnswer['entries']> {
    const path = `audit?${new URLSearchParams({ ...query }).toString()}`;
    return auditAnswer.parse((await this.operations('GET', path)).body).entries;
  }

  /** The ERP has sent a record. */
  async put(company: CompanyId, record: ContactRecord): Promise<void> {
    await this.others.put(company, record);
  }

  /** An agent sends changes of orders. */
  async orders(
    company: CompanyId,
    changes: readonly object[],
    sequence = (this.#sequences.get(company) ?? 0) + 1,
  ): Promise<Answer> {
    const body = changes.map((change) => JSON.stringify(change)).join('\n');
    this.#sequences.set(company, sequence);
    const query = `agent=agent&incarnation=a1&sequence=${sequence}`;
    return await this.request('POST', `${company}/orders/changes?${query}`, body, 'application/x-ndjson');
  }

  /** As {@link orders}, until they are taken: an agent sends a batch again that was not. */
  async ordersTaken(company: CompanyId, changes: readonly object[]): Promise<void> {
    const sequence = (this.#sequences.get(company) ?? 0) + 1;
    await waitFor(async () => (await this.orders(company, changes, sequence)).status === 200, {
      describe: `batch ${sequence} of orders to be taken`,
    });
  }

  async link(company: CompanyId): Promise<LinkAnswer> {
    return linkAnswer.parse((await this.request('GET', `${company}/link`)).body);
  }

  /** Waits until all that the ERP has sent is in the CRM, or refused by it. */
  async delivered(company: CompanyId, things: number): Promise<LinkAnswer> {
    return await waitFor(
      async () => {
        const link = await this.link(company);
        const { customers, persons, orders } = link;
        const transfers = [customers, persons, orders];
        const known = transfers.reduce((sum, { delivered, undelivered }) => sum + delivered + undelivered, 0);
        const isOver = link.toBeSorted === 0 && transfers.every(({ toDeliver }) => toDeliver === 0);
        return isOver && known === things ? link : undefined;
      },
      { describe: `${things} records to be delivered` },
    );
  }

  /** Waits until nothing is to be delivered any more. */
  async allDelivered(company: CompanyId, timeoutMs: number): Promise<void> {
    await waitFor(
      async () => {
        const { toBeSorted, customers, persons, orders } = await this.link(company);
        const isOver = [customers, persons, orders].every(({ toDeliver }) => toDeliver === 0);
        return isOver && toBeSorted === 0;
      },
      { describe: 'everything to be delivered', timeoutMs },
    );
  }

  /** @param path below the companies */
  async request(
    method: string,
    path: string,
    body?: string | object,
    contentType = 'application/json',
  ): Promise<Answer> {
    return await this.#call(method, `companies/${path}`, body, contentType);
  }

  /** @param path below what operators do */
  async operations(method: string, path: string, body?: object): Promise<Answer> {
    return await this.#call(method, `operations/${path}`, body);
  }

  async #call(
    method: string,
    path: string,
    body?: string | object,
    contentType = 'application/json',
  ): Promise<Answer> {
    const response = await fetch(`${this.#service.url}/api/crm/v1/${path}`, {
      method,
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': contentType }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }
}

/** An order of a customer, as an agent sends it. */
export function put(
  order: Partial<OrderRecord> & { readonly number: string; readonly customer: string },
): object {
  return { op: 'put', order: { orderedOn: '2026-03-01', currency: 'NOK', total: '100', ...order } };
}

export function customer(number: string, name: string): ContactRecord {
  return { kind: 'customer', number, name };
}
