import type { CommandContext, EventLog } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import type { AccountChanges } from './account-changes.js';
import type { ConnectionAnswer, ConnectionForm } from './connection-form.js';
import type { ConnectionStore } from './connection-store.js';

/** Who knows which companies there are. */
export interface Companies {
  find(text: string): Promise<CompanyId | Rejection>;
}

/**
 * Commands to connections. Without master keys there are none: secrets are not written as they are. Who connected a company to what, and who
 * disconnected it, is on record (L10); what signs us in, and what people call the account, never is.
 */
export class ConnectionDesk {
  constructor(
    private readonly store: ConnectionStore | undefined,
    private readonly companies: Companies,
    private readonly accounts: Pick<AccountChanges, 'around'>,
    private readonly eventLog: Pick<EventLog, 'audit'>,
  ) {}

  async get(text: string): Promise<ConnectionAnswer | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    return (await this.store?.shown(company)) ?? notConnected(company);
  }

  async connect(
    text: string,
    form: ConnectionForm,
    by: CommandContext,
  ): Promise<ConnectionAnswer | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const { store } = this;
    if (!store) return UNSEALED;
    const former = await store.shown(company);
    const scope = { company, crm: form.kind, ...(former && { formerly: former.kind }) };
    return await this.#onRecord({ kind: 'crm-connect', scope }, by, () =>
      this.accounts.around(company, by, () => store.put(company, form, by.actor)),
    );
  }

  async disconnect(text: string, by: CommandContext): Promise<CompanyId | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const former = await this.store?.shown(company);
    if (!former) return notConnected(company);
    return await this.#onRecord(
      { kind: 'crm-disconnect', scope: { company, crm: former.kind } },
      by,
      async () => ((await this.store?.remove(company)) === true ? company : notConnected(company)),
    );
  }

  /** Begun, and what came of it: where only the former is on record, the process has died in between. */
  async #onRecord<T>(
    what: { readonly kind: string; readonly scope: Readonly<Record<string, string>> },
    by: CommandContext,
    work: () => Promise<T>,
  ): Promise<T> {
    return await this.eventLog.audit.around(what, by, work, () => ({}));
  }
}

const UNSEALED = reject(
  'connection.unsealed-conflict',
  'The service has no master keys to seal the CRM’s secrets with. Give it SAMSPILL_MASTER_KEYS and restart it.',
);

function notConnected(company: string): Rejection {
  return reject('connection.not-found', `The company ${company} is not connected to a CRM.`);
}
