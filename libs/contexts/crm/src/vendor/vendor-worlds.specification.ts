import { HubSpotSimulator, SuperOfficeSimulator, type VendorFaults } from '@samspill/testing/simulators';
import type { Crm } from '../crm/crm.js';
import { connectHubSpot } from '../hubspot/connect-hubspot.js';
import { REFERENCE } from '../hubspot/hubspot-fields.js';
import { connectSuperOffice } from '../superoffice/connect-superoffice.js';
import { REFERENCE as SUPEROFFICE_REFERENCE } from '../superoffice/superoffice-entities.js';

const LIMITS = { batchSize: 10, callTimeoutMs: 5_000, settleMs: 5 };
const NO_LIMIT = { requests: 100_000, windowMs: 10 };
const TIMEOUT_MS = 500;

/** A simulated CRM of a vendor, and our client of it. */
export interface VendorWorld extends AsyncDisposable {
  readonly crm: Crm;
  readonly server: { isDown: boolean; faults: VendorFaults };
  /** Names of the customers that are not archived, by our reference. */
  customers(): ReadonlyMap<string, string>;
  /** Our references to the orders that are there; how a vendor shows archived ones is its own affair. */
  orders(): ReadonlySet<string>;
  /** References that several records have. */
  duplicates(): number;
  /** Effects that changed nothing. */
  repeated(): readonly object[];
}

export async function hubSpotWorld(seed: number): Promise<VendorWorld> {
  const hubspot = await HubSpotSimulator.start({ seed, limit: NO_LIMIT, retryAfterSeconds: 0 });
  const crm = connectHubSpot({
    secrets: { kind: 'private-app', token: hubspot.staticToken },
    keep: () => Promise.resolve(),
    origin: hubspot.server.url,
    limits: LIMITS,
    timeoutMs: TIMEOUT_MS,
  });
  const referenceOf = (record: { readonly properties: Readonly<Record<string, string>> }): string =>
    record.properties[REFERENCE] ?? '';
  return {
    crm,
    server: hubspot.server,
    customers: () =>
      new Map(hubspot.live('companies').map((one) => [referenceOf(one), one.properties['name'] ?? ''])),
    orders: () => new Set(hubspot.live('orders').map(referenceOf)),
    duplicates: () =>
      hubspot.duplicates('companies', REFERENCE).size + hubspot.duplicates('orders', REFERENCE).size,
    repeated: () => hubspot.repeated,
    [Symbol.asyncDispose]: () => hubspot.stop(),
  };
}

export async function superOfficeWorld(seed: number): Promise<VendorWorld> {
  const superOffice = await SuperOfficeSimulator.start({ seed });
  const { customer, applicationToken, systemUserToken, privateKey } = superOffice.tickets;
  const crm = connectSuperOffice({
    secrets: {
      kind: 'system-user',
      environment: 'sod',
      customer,
      apiUrl: `https://sod.superoffice.com/${customer}/api`,
      applicationToken,
      systemUserToken,
      privateKey,
    },
    origin: superOffice.server.url,
    limits: LIMITS,
    timeoutMs: TIMEOUT_MS,
    rate: { ...NO_LIMIT, atOnce: 4 },
  });
  const referenceOf = ({ values }: { readonly values: Readonly<Record<string, unknown>> }): string =>
    String(Reflect.get(Object(values['CustomFields']), SUPEROFFICE_REFERENCE));
  return {
    crm,
    server: superOffice.server,
    customers: () =>
      new Map(superOffice.listed('Contact').map((one) => [referenceOf(one), String(one.values['Name'])])),
    orders: () => new Set(superOffice.listed('Sale').map(referenceOf)),
    duplicates: () =>
      superOffice.duplicates('Contact', SUPEROFFICE_REFERENCE).size +
      superOffice.duplicates('Sale', SUPEROFFICE_REFERENCE).size,
    repeated: () => superOffice.repeated,
    [Symbol.asyncDispose]: () => superOffice.stop(),
  };
}
