import type { Got, HubSpotApi, HubSpotRecord, HubSpotType } from './hubspot-api.js';
import { CONTENT, CUSTOMER, REFERENCE } from './hubspot-fields.js';

/** What is asked for: our reference, and HubSpot's id where it is known from before. */
export interface Sought {
  readonly reference: string;
  readonly crmId?: string;
}

/**
 * Where a record of ours is at HubSpot.
 * - `there`: by our reference, or by its id where somebody has emptied our field.
 * - `merged`: people have merged it into another record, which HubSpot shows under the old id.
 */
export type Location =
  | {
      readonly kind: 'there';
      readonly id: string;
      readonly hasReference: boolean;
      readonly content: string;
      readonly customer: string;
    }
  | { readonly kind: 'merged'; readonly into: string; readonly whose: string };

/** Names are HubSpot's own. */
const MERGED_IDS = 'hs_merged_object_ids';
const PROPERTIES = [REFERENCE, CONTENT, MERGED_IDS];

/** By reference; what is nowhere is left out. Two requests at most. */
export async function locateRecords(
  api: HubSpotApi,
  type: HubSpotType,
  sought: readonly Sought[],
  signal: AbortSignal,
): Promise<Got<ReadonlyMap<string, Location>>> {
  const properties = type === 'companies' ? PROPERTIES : [...PROPERTIES, CUSTOMER];
  const references = [...new Set(sought.map(({ reference }) => reference))];
  const got = await api.read(type, { ids: references, idProperty: REFERENCE, properties }, signal);
  if (!got.ok) return got;
  const found = new Map(
    got.value.map((record) => [record.properties[REFERENCE] ?? '', thereOf(record)] as const),
  );
  const lost = sought.filter(({ reference, crmId }) => crmId !== undefined && !found.has(reference));
  if (lost.length === 0) return { ok: true, value: found };
  const ids = [...new Set(lost.map(({ crmId }) => crmId ?? ''))];
  const byId = await api.read(type, { ids, properties }, signal);
  if (!byId.ok) return byId;
  return { ok: true, value: new Map([...found, ...locatedById(lost, byId.value)]) };
}

function locatedById(
  lost: readonly Sought[],
  records: readonly HubSpotRecord[],
): readonly (readonly [string, Location])[] {
  return lost.flatMap(({ reference, crmId = '' }) => {
    const record = records.find(
      ({ id, properties }) => id === crmId || (properties[MERGED_IDS] ?? '').split(';').includes(crmId),
    );
    if (!record) return [];
    const whose = record.properties[REFERENCE] ?? '';
    if (record.id === crmId && whose === '') return [[reference, thereOf(record)] as const];
    return [[reference, { kind: 'merged', into: record.id, whose }] as const];
  });
}

function thereOf({ id, properties }: HubSpotRecord): Location {
  return {
    kind: 'there',
    id,
    hasReference: (properties[REFERENCE] ?? '') !== '',
    content: properties[CONTENT] ?? '',
    customer: properties[CUSTOMER] ?? '',
  };
}
