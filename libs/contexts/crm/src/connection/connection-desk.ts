import type { OnApplicationBootstrap } from '@nestjs/common';
import type { CommandContext } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import type { ConnectionAnswer, ConnectionForm } from './connection-form.js';
import type { ConnectionStore } from './connection-store.js';

/** Who knows which companies there are. */
export interface Companies {
  find(text: string): Promise<CompanyId | Rejection>;
}

/** Commands to connections. Without master keys there are none: secrets are not written as they are. */
export class ConnectionDesk implements OnApplicationBootstrap {
  constructor(
    private readonly store: ConnectionStore | undefined,
    private readonly companies: Companies,
  ) {}

  /** A service is restarted to be given another master key: from then on its secrets are sealed with that one. */
  async onApplicationBootstrap(): Promise<void> {
    await this.store?.reseal();
  }

  async get(text: string): Promise<ConnectionAnswer | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    return (await this.store?.shown(company)) ?? notConnected(company);
  }

  async connect(
    text: string,
    form: ConnectionForm,
    { actor }: CommandContext,
  ): Promise<ConnectionAnswer | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    return this.store ? await this.store.put(company, form, actor) : UNSEALED;
  }

  async disconnect(text: string): Promise<CompanyId | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    return (await this.store?.remove(company)) === true ? company : notConnected(company);
  }
}

const UNSEALED = reject(
  'connection.unsealed-conflict',
  'The service has no master keys to seal the CRM’s secrets with. Give it SAMSPILL_MASTER_KEYS and restart it.',
);

function notConnected(company: string): Rejection {
  return reject('connection.not-found', `The company ${company} is not connected to a CRM.`);
}
