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
} from '@samspill/contracts';
import {
  EventLog,
  MemoryEventDatabase,
  MemoryEventStore,
  MemoryProjectionStore,
  MemoryReadTables,
  silentLogger,
  uuidv7,
  type Log,
  type LogManifest,
} from '@samspill/eventlog';
import { isCompanyId, streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { PARTITIONS } from './crm-service.specification.js';

const ADDRESS = { lines: ['Storgata 1'], postcode: '0150', country: 'NO' };

/** What a user may be given a role for: a product of a company's, or all services. */
export type Granted =
  | {
      readonly company: CompanyId;
      readonly product: 'crm' | 'administration';
      readonly level: 'user' | 'admin';
    }
  | { readonly company: 'platform'; readonly product: 'operations'; readonly level: 'user' | 'admin' };

/** Identity and contacts, as far as crm hears of them: what they write to the log. */
export class OtherContexts {
  private constructor(
    private readonly identity: EventLog,
    private readonly contacts: EventLog,
  ) {}

  /** @param log with the topics of both */
  static async open(log: Log): Promise<OtherContexts> {
    return new OtherContexts(
      await writer('identity', topics.identity, [companyRegistered, ...accessEvents], log),
      await writer('contacts', topics.contacts, [...recordEvents], log),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.identity.stop(), this.contacts.stop()]);
  }

  async register(): Promise<CompanyId> {
    const company = uuidv7();
    if (!isCompanyId(company)) throw new Error(company);
    await append(this.identity, company, streamName('identity.company', company), [
      {
        type: 'identity.company.registered',
        data: { name: 'Fjord AS', organisationNumber: '923609016', country: 'NO', address: ADDRESS },
      },
    ]);
    return company;
  }

  async grant(user: string, granted: Granted): Promise<void> {
    const { company } = granted;
    const key = company === 'platform' ? user : company;
    await append(this.identity, key, streamName('identity.role', company, user), [
      { type: 'identity.role.granted', data: { ...granted, user } },
    ]);
  }

  async put(company: CompanyId, record: ContactRecord): Promise<void> {
    await append(this.contacts, company, recordStream(company, record.kind, record.number), [
      recordChanged(record, Object.keys(record)),
    ]);
  }

  async remove(company: CompanyId, kind: ContactKind, number: string): Promise<void> {
    await append(this.contacts, company, recordStream(company, kind, number), [recordDeleted(kind, number)]);
  }

  async forget(company: CompanyId, kind: ContactKind, number: string): Promise<void> {
    const event = recordForgotten(kind, number, 'case 17');
    await append(this.contacts, company, recordStream(company, kind, number), [event]);
  }
}

async function writer(
  name: string,
  topic: string,
  events: LogManifest['events'],
  log: Log,
): Promise<EventLog> {
  const eventLog = new EventLog({
    manifest: { name, source: name, topic, events, projections: [], reservations: [] },
    eventStore: new MemoryEventStore(new MemoryEventDatabase(), PARTITIONS),
    projectionStore: new MemoryProjectionStore(new MemoryReadTables()),
    log,
    logger: silentLogger,
    partitions: PARTITIONS,
  });
  eventLog.start();
  await waitFor(() => eventLog.status().gate.state === 'open', { describe: `the log of ${name}` });
  return eventLog;
}

function recordStream(company: CompanyId, kind: ContactKind, number: string): string {
  return streamName(`contacts.${kind}`, company, number);
}

async function append(
  eventLog: EventLog,
  key: string,
  stream: string,
  events: readonly DomainEvent[],
): Promise<void> {
  const context = { actor: 'agent:test' as const, correlationId: uuidv7(), now: new Date() };
  await eventLog.transact(context, async (unit) => {
    unit.append({ stream, key }, (await unit.load(stream)).length, events);
  });
}
