import { HubSpotSimulator, SuperOfficeSimulator, type VendorFaults } from '@samspill/testing/simulators';
import { REFERENCE } from '../hubspot/hubspot-fields.js';
import { REFERENCE as SUPEROFFICE_REFERENCE } from '../superoffice/superoffice-entities.js';
import type { VendorAddress } from './vendor-address.specification.js';

/** HubSpot has one; what is tested here is not how it is kept. */
const NO_LIMIT = { requests: 100_000, windowMs: 10 };

/** A simulated CRM of a vendor. */
export interface VendorWorld extends AsyncDisposable {
  readonly address: VendorAddress;
  readonly server: { isDown: boolean; faults: VendorFaults; withholdNextEffect(): Promise<void> };
  /** Names of the customers that are not archived, by our reference. */
  customers(): ReadonlyMap<string, string>;
  /** Our references to the orders that are there; how a vendor shows archived ones is its own affair. */
  orders(): ReadonlySet<string>;
  /** As {@link orders}. */
  persons(): ReadonlySet<string>;
  /** References that several records have. */
  duplicates(): number;
  /** Effects that changed nothing. */
  repeated(): readonly object[];
}

export async function hubSpotWorld(seed: number): Promise<VendorWorld> {
  const hubspot = await HubSpotSimulator.start({ seed, limit: NO_LIMIT, retryAfterSeconds: 0 });
  const referenceOf = (record: { readonly properties: Readonly<Record<string, string>> }): string =>
    record.properties[REFERENCE] ?? '';
  const types = ['companies', 'contacts', 'orders'] as const;
  return {
    address: { kind: 'hubspot', origin: hubspot.server.url, token: hubspot.staticToken },
    server: hubspot.server,
    customers: () =>
      new Map(hubspot.live('companies').map((one) => [referenceOf(one), one.properties['name'] ?? ''])),
    orders: () => new Set(hubspot.live('orders').map(referenceOf)),
    persons: () => new Set(hubspot.live('contacts').map(referenceOf)),
    duplicates: () => types.reduce((sum, type) => sum + hubspot.duplicates(type, REFERENCE).size, 0),
    repeated: () => hubspot.repeated,
    [Symbol.asyncDispose]: () => hubspot.stop(),
  };
}

export async function superOfficeWorld(seed: number): Promise<VendorWorld> {
  const superOffice = await SuperOfficeSimulator.start({ seed });
  const { customer, applicationToken, systemUserToken, privateKey } = superOffice.tickets;
  const origin = superOffice.server.url;
  const referenceOf = ({ values }: { readonly values: Readonly<Record<string, unknown>> }): string =>
    String(Reflect.get(Object(values['CustomFields']), SUPEROFFICE_REFERENCE));
  const types = ['Contact', 'Person', 'Sale'] as const;
  return {
    address: { kind: 'superoffice', origin, customer, applicationToken, systemUserToken, privateKey },
    server: superOffice.server,
    customers: () =>
      new Map(superOffice.listed('Contact').map((one) => [referenceOf(one), String(one.values['Name'])])),
    orders: () => new Set(superOffice.listed('Sale').map(referenceOf)),
    persons: () => new Set(superOffice.listed('Person').map(referenceOf)),
    duplicates: () =>
      types.reduce((sum, type) => sum + superOffice.duplicates(type, SUPEROFFICE_REFERENCE).size, 0),
    repeated: () => superOffice.repeated,
    [Symbol.asyncDispose]: () => superOffice.stop(),
  };
}
