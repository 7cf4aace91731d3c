import {
  accessEvents,
  companyRegistered,
  recordChanged,
  recordDeleted,
  recordEvents,
  recordForgotten,
  topics,
  type ContactKind,
  type ContactRecord,
  type OrderRecord,
} from '@samspill/contracts';
import {
  EventLog,
  MemoryCluster,
  MemoryEventDatabase,
  MemoryEventStore,
  MemoryLog,
  MemoryProjectionStore,
  MemoryReadTables,
  silentLogger,
  uuidv7,
  type AuditEntry,
  type LogManifest,
} from '@samspill/eventlog';
import { isCompanyId, streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import { startHost, type ContextDefinition, type Host, type SignInConfiguration } from '@samspill/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@samspill/testing';
import type { Crms } from './crm/crm.js';
import { crmContextWith } from './crm.module.js';
import { linkAnswer, type LinkAnswer } from './link/link.answers.js';

const PARTITIONS = 4;
const POOL_SIZE = 10;
/** As quick as a test may be. */
const QUICK = { settleMs: 50, firstRetryMs: 20, longestRetryMs: 200 };
const DATABASE_WAIT_MS = 30_000;

export interface CrmWorldOptions {
  /** In the place of the context over the toys. */
  readonly context?: ContextDefinition;
  readonly signIn?: SignInConfiguration;
}

/** The crm service on a real database, with a log that identity and contacts write to as well. */
export class CrmWorld {
  readonly #cluster = new MemoryCluster();
  readonly #close: (() => Promise<unknown>)[] = [];
  #identity: EventLog | undefined;
  #contacts: EventLog | undefined;
  #host: Host | undefined;
  readonly #sequences = new Map<CompanyId, number>();
  /** Of whoever requests come from; nobody has to say so without sign-in. */
  token: string | undefined;

  private constructor(
    readonly database: TestDatabase,
    private readonly context: ContextDefinition,
    private readonly signIn: SignInConfiguration | undefined,
  ) {}

  /** @param crms that companies are connected to, unless a context of one's own is given */
  static async open(crms: Crms, { context, signIn }: CrmWorldOptions = {}): Promise<CrmWorld> {
    const toys = crmContextWith(() => ({ crms, store: undefined, limits: QUICK }));
    const world = new CrmWorld(await createTestDatabase({ prefix: 'crm' }), context ?? toys, signIn);
    world.#close.push(() => world.database.drop());
    await new MemoryLog(world.#cluster).create(Object.values(topics), PARTITIONS);
    world.#identity = await world.#writer('identity', topics.identity, [companyRegistered, ...accessEvents]);
    world.#contacts = await world.#writer('contacts', topics.contacts, [...recordEvents]);
    await world.start();
    return world;
  }

  async close(): Promise<void> {
    await this.stop();
    for (const close of this.#close.toReversed()) await close();
  }

  async start(): Promise<void> {
    this.#host = await startHost({
      contexts: [
        {
          definition: this.context,
          database: { url: this.database.url, poolSize: POOL_SIZE, waitMs: DATABASE_WAIT_MS },
        },
      ],
      log: new MemoryLog(this.#cluster),
      http: { host: '127.0.0.1', port: 0 },
      logger: silentLogger,
      api: { title: 'crm-link', description: 'A test.', version: '0.1.0' },
      partitions: PARTITIONS,
      ...(this.signIn && { signIn: this.signIn }),
    });
    const { url } = this.#host;
    await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, {
      describe: 'the service to be ready',
    });
  }

  async stop(): Promise<void> {
    await this.#host?.close();
    this.#host = undefined;
  }

  /** A registered company, as the service knows it. */
  async company(): Promise<CompanyId> {
    const company = await this.registered();
    await waitFor(async () => (await this.request('GET', `${company}/link`)).status === 200, {
      describe: 'the company to be known',
    });
    return company;
  }

  /** A company that identity has registered; the service hears of it soon. */
  async registered(): Promise<CompanyId> {
    const company = uuidv7();
    if (!isCompanyId(company)) throw new Error(company);
    const address = { lines: ['Storgata 1'], postcode: '0150', country: 'NO' };
    await append(this.#identity, company, streamName('identity.company', company), [
      {
        type: 'identity.company.registered',
        data: { name: 'Fjord AS', organisationNumber: '923609016', country: 'NO', address },
      },
    ]);
    return company;
  }

  /** Identity gives a user a role for a company. */
  async grant(
    company: CompanyId,
    user: string,
    product: 'crm' | 'administration',
    level: 'user' | 'admin',
  ): Promise<void> {
    await append(this.#identity, company, streamName('identity.role', company, user), [
      { type: 'identity.role.granted', data: { company, user, product, level } },
    ]);
  }

  /** What is on record of a kind, newest first. */
  async audited(kind: string): Promise<readonly AuditEntry[]> {
    const [context] = this.#host?.contexts ?? [];
    if (!context) throw new Error('the service does not run');
    return (await context.eventLog.audit.page({ kind, limit: 10 })).entries;
  }

  /** The ERP has sent a record. */
  async put(company: CompanyId, record: ContactRecord): Promise<void> {
    await append(this.#contacts, company, recordStream(company, record.kind, record.number), [
      recordChanged(record, Object.keys(record)),
    ]);
  }

  async remove(company: CompanyId, kind: ContactKind, number: string): Promise<void> {
    await append(this.#contacts, company, recordStream(company, kind, number), [recordDeleted(kind, number)]);
  }

  async forget(company: CompanyId, kind: ContactKind, number: string): Promise<void> {
    const event = recordForgotten(kind, number, 'case 17');
    await append(this.#contacts, company, recordStream(company, kind, number), [event]);
  }

  /** An agent sends changes of orders. */
  async orders(
    company: CompanyId,
    changes: readonly object[],
    sequence = (this.#sequences.get(company) ?? 0) + 1,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const body = changes.map((change) => JSON.stringify(change)).join('\n');
    this.#sequences.set(company, sequence);
    const query = `agent=agent&incarnation=a1&sequence=${sequence}`;
    return await this.request('POST', `${company}/orders/changes?${query}`, body, 'application/x-ndjson');
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
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const url = `${this.#host?.url ?? ''}/api/crm/v1/companies/${path}`;
    const response = await fetch(url, {
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

  async #writer(name: string, topic: string, events: LogManifest['events']): Promise<EventLog> {
    const eventLog = new EventLog({
      manifest: { name, source: name, topic, events, projections: [], reservations: [] },
      eventStore: new MemoryEventStore(new MemoryEventDatabase(), PARTITIONS),
      projectionStore: new MemoryProjectionStore(new MemoryReadTables()),
      log: new MemoryLog(this.#cluster),
      logger: silentLogger,
      partitions: PARTITIONS,
    });
    eventLog.start();
    this.#close.push(() => eventLog.stop());
    await waitFor(() => eventLog.status().gate.state === 'open', { describe: `the log of ${name}` });
    return eventLog;
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

function recordStream(company: CompanyId, kind: ContactKind, number: string): string {
  return streamName(`contacts.${kind}`, company, number);
}

async function append(
  eventLog: EventLog | undefined,
  company: CompanyId,
  stream: string,
  events: readonly DomainEvent[],
): Promise<void> {
  const context = { actor: 'agent:test' as const, correlationId: uuidv7(), now: new Date() };
  await eventLog?.transact(context, async (unit) => {
    unit.append({ stream, key: company }, (await unit.load(stream)).length, events);
  });
}
