import type { CallLog } from '@samspill/connector';
import type { Crm, Crms } from '../crm/crm.js';
import { connectHubSpot } from '../hubspot/connect-hubspot.js';
import { connectSuperOffice } from '../superoffice/connect-superoffice.js';
import type { VendorKind } from './connection-form.js';
import type { ConnectionStore, OpenConnection } from './connection-store.js';

/** Simulators in the place of vendors, by kind: `http://127.0.0.1:4010`. Where one is given, nothing goes to that vendor. */
export type Simulators = Partial<Readonly<Record<VendorKind, string>>>;

export interface ConnectedCrmsOptions {
  readonly store: ConnectionStore;
  readonly log: CallLog;
  readonly simulators?: Simulators;
}

/**
 * The CRMs that companies are connected to. There is one client a connection, since a vendor counts an account's requests together: its
 * limit, its tokens and its circuit are shared by all who call it.
 */
export class ConnectedCrms implements Crms {
  readonly #clients = new Map<string, { readonly revision: string; readonly crm: Crm }>();

  constructor(private readonly options: ConnectedCrmsOptions) {}

  /** What is known already is looked at, and not opened again. */
  async of(company: string): Promise<Crm | undefined> {
    return (await this.among([company])).get(company);
  }

  async #opened(company: string): Promise<Crm | undefined> {
    const connection = await this.options.store.open(company);
    if (!connection) {
      this.#clients.delete(company);
      return undefined;
    }
    const { revision } = connection;
    // Looked at again after waiting: of two who ask at once the second must not make a client of its own.
    const known = this.#clients.get(company);
    if (known?.revision === revision) return known.crm;
    const crm = this.#connect(company, connection);
    this.#clients.set(company, { revision, crm });
    return crm;
  }

  /** What is known already costs one look at the database for all. */
  async among(companies: readonly string[]): Promise<ReadonlyMap<string, Crm>> {
    const revisions = await this.options.store.revisions(companies);
    for (const company of companies) if (!revisions.has(company)) this.#clients.delete(company);
    const crms = new Map<string, Crm>();
    for (const [company, revision] of revisions) {
      const known = this.#clients.get(company);
      const crm = known?.revision === revision ? known.crm : await this.#opened(company);
      if (crm) crms.set(company, crm);
    }
    return crms;
  }

  #connect(company: string, connection: OpenConnection): Crm {
    const { store, log, simulators = {} } = this.options;
    const origin = simulators[connection.kind];
    const options = { log, ...(origin !== undefined && { origin }) };
    switch (connection.kind) {
      case 'hubspot':
        return connectHubSpot({
          ...options,
          secrets: connection.secrets,
          keep: (secrets) => store.keep(company, connection, secrets),
          latest: async () => {
            const now = await store.open(company);
            return now?.kind === 'hubspot' && now.revision === connection.revision ? now.secrets : undefined;
          },
        });
      case 'superoffice':
        return connectSuperOffice({ ...options, secrets: connection.secrets });
    }
  }
}
