import type { CrmWish } from '../crm/crm.js';
import type { Got, HubSpotApi, HubSpotType } from './hubspot-api.js';
import { locateRecords, type Location, type Sought } from './locate-records.js';

export interface CustomersOf {
  /** By the reference of a person or an order: HubSpot's id of its customer. Absent where the customer is not there. */
  readonly companies: ReadonlyMap<string, string>;
  /** What HubSpot calls the relation, for those that are made. */
  readonly typeId: number;
}

/** Finds the customers of persons or orders, and relates those that are there already and have got another customer since. */
export async function moveToCustomers(
  api: HubSpotApi,
  type: HubSpotType,
  wishes: readonly (CrmWish & { readonly wish: 'put' })[],
  located: ReadonlyMap<string, Location>,
  signal: AbortSignal,
): Promise<Got<CustomersOf>> {
  const moves = wishes.flatMap(({ reference, record }) => {
    const location = located.get(reference);
    if (location?.kind !== 'there' || record.kind === 'customer') return [];
    return location.customer === record.customer
      ? []
      : [{ id: location.id, from: location.customer, reference }];
  });
  const relation = await api.companyRelation(type, signal);
  if (!relation.ok) return relation;
  const sought = new Map<string, Sought>(moves.map(({ from }) => [from, { reference: from }]));
  for (const { record, customerCrmId: crmId } of wishes) {
    if (record.kind === 'customer') continue;
    const { customer: reference } = record;
    sought.set(reference, { reference, ...(crmId !== undefined && { crmId }) });
  }
  sought.delete('');
  const customers = await locateRecords(api, 'companies', [...sought.values()], signal);
  if (!customers.ok) return customers;
  const idOf = (customer: string): string | undefined => {
    const location = customers.value.get(customer);
    return location?.kind === 'merged' ? location.into : location?.id;
  };
  const companies = new Map(
    wishes.flatMap(({ reference, record }) => {
      const id = record.kind === 'customer' ? undefined : idOf(record.customer);
      return id === undefined ? [] : [[reference, id] as const];
    }),
  );
  const possible = moves.flatMap(({ id, from, reference }) => {
    const to = companies.get(reference);
    return to === undefined ? [] : [{ id, to, from: idOf(from) }];
  });
  if (possible.length > 0) {
    const pairs = possible.map(({ id, to }) => ({ from: id, to }));
    const related = await api.relate(type, pairs, signal);
    if (!related.ok) return related;
    // Only the relation that we made: people at the CRM may have added others.
    const former = possible.flatMap(({ id, to, from }) =>
      from === undefined || from === to ? [] : [{ from: id, to: from }],
    );
    const parted = former.length === 0 ? related : await api.unrelate(type, former, signal);
    if (!parted.ok) return parted;
  }
  return { ok: true, value: { companies, typeId: relation.value } };
}
