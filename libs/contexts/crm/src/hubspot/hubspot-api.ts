import { pathOf, type HttpConnection } from '@samspill/connector';
import { z } from 'zod';
import { unreadable, type FailedCall } from '../vendor/failed-call.js';

/** Object types of HubSpot's. */
export type HubSpotType = 'companies' | 'contacts' | 'orders';

/** https://developers.hubspot.com/docs/api-reference/crm-companies-v3/guide: batches are limited to 100 records at a time. */
export const MAX_BATCH = 100;

const record = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  objectWriteTraceId: z.string().optional(),
});
export type HubSpotRecord = z.infer<typeof record>;

/** https://developers.hubspot.com/docs/api-reference/error-handling */
const itemError = z.object({
  category: z.string(),
  message: z.string(),
  context: z.record(z.string(), z.array(z.string())).optional(),
});
const batch = z.object({ results: z.array(record), errors: z.array(itemError).optional() });
const labels = z.object({ results: z.array(z.object({ typeId: z.number(), label: z.string().nullable() })) });
const properties = z.object({
  results: z.array(z.object({ name: z.string(), hasUniqueValue: z.boolean().optional() })),
});
const account = z.object({ portalId: z.number() });
const associations = z.object({
  results: z.array(
    z.object({
      from: z.object({ id: z.string() }),
      to: z.array(z.object({ toObjectId: z.coerce.string() })),
    }),
  ),
});

/** One record of a batch; `traceId` comes back with what became of it. */
export interface HubSpotInput {
  readonly traceId: string;
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly associations?: readonly { readonly to: string; readonly typeId: number }[];
}

/** What became of the records of a batch, by trace id. One of which nothing is said is in neither. */
export interface BatchWritten {
  readonly written: ReadonlyMap<string, HubSpotRecord>;
  readonly refused: ReadonlyMap<string, { readonly category: string; readonly message: string }>;
}

export type Got<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failed: FailedCall };

/** The endpoints of HubSpot's CRM API that are used, typed. */
export class HubSpotApi {
  constructor(private readonly connection: HttpConnection) {}

  /** Records by id, or by a unique property. Those that are not there are left out. Not the search: that lags behind what was written. */
  async read(
    type: HubSpotType,
    by: {
      readonly ids: readonly string[];
      readonly idProperty?: string;
      readonly properties: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<Got<readonly HubSpotRecord[]>> {
    const { ids, idProperty, properties: wanted } = by;
    if (ids.length === 0) return { ok: true, value: [] };
    const body = {
      inputs: ids.map((id) => ({ id })),
      properties: wanted,
      ...(idProperty !== undefined && { idProperty }),
    };
    const got = await this.#ask('POST', `${objects(type)}/batch/read`, batch, signal, body);
    if (got.ok) return { ok: true, value: got.value.results };
    const isAbsence = got.failed.kind === 'refused' && got.failed.status === 404 && ids.length === 1;
    return isAbsence ? { ok: true, value: [] } : got;
  }

  async write(
    type: HubSpotType,
    action: 'create' | 'update' | 'upsert',
    inputs: readonly HubSpotInput[],
    signal: AbortSignal,
  ): Promise<Got<BatchWritten>> {
    const body = {
      inputs: inputs.map(({ traceId, associations: to, ...input }) => ({
        ...input,
        objectWriteTraceId: traceId,
        ...(to && {
          associations: to.map((one) => ({
            to: { id: one.to },
            types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: one.typeId }],
          })),
        }),
      })),
    };
    const got = await this.#ask('POST', `${objects(type)}/batch/${action}`, batch, signal, body);
    if (!got.ok) return got;
    const refused = (got.value.errors ?? []).flatMap((error) =>
      (error.context?.['objectWriteTraceId'] ?? []).map((trace) => [trace, error] as const),
    );
    const written = got.value.results.map((one) => [one.objectWriteTraceId ?? '', one] as const);
    return { ok: true, value: { written: new Map(written), refused: new Map(refused) } };
  }

  /** Into HubSpot's recycle bin, from where people bring it back for 90 days. What is not there is passed over. */
  async archive(type: HubSpotType, ids: readonly string[], signal: AbortSignal): Promise<Got<unknown>> {
    const body = { inputs: ids.map((id) => ({ id })) };
    return await this.#ask('POST', `${objects(type)}/batch/archive`, z.unknown(), signal, body);
  }

  /** Id of the relation without a label to a company: asked for rather than known, as the associations guide advises. */
  async companyRelation(type: HubSpotType, signal: AbortSignal): Promise<Got<number>> {
    const path = `crm/v4/associations/${type}/companies/labels`;
    const got = await this.#ask('GET', path, labels, signal);
    if (!got.ok) return got;
    const found = got.value.results.find(({ label }) => label === null);
    if (found) return { ok: true, value: found.typeId };
    return { ok: false, failed: unreadable(`HubSpot does not relate ${type} to companies.`) };
  }

  async companiesOf(
    type: HubSpotType,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Got<ReadonlyMap<string, readonly string[]>>> {
    const path = `crm/v4/associations/${type}/companies/batch/read`;
    const got = await this.#ask('POST', path, associations, signal, { inputs: ids.map((id) => ({ id })) });
    if (!got.ok) return got;
    return {
      ok: true,
      value: new Map(got.value.results.map(({ from, to }) => [from.id, to.map((one) => one.toObjectId)])),
    };
  }

  async relate(
    type: HubSpotType,
    pairs: readonly { readonly from: string; readonly to: string }[],
    signal: AbortSignal,
  ): Promise<Got<unknown>> {
    const inputs = pairs.map(({ from, to }) => ({ from: { id: from }, to: { id: to } }));
    const path = `crm/v4/associations/${type}/companies/batch/associate/default`;
    return await this.#ask('POST', path, z.unknown(), signal, { inputs });
  }

  async unrelate(
    type: HubSpotType,
    pairs: readonly { readonly from: string; readonly to: string }[],
    signal: AbortSignal,
  ): Promise<Got<unknown>> {
    const inputs = pairs.map(({ from, to }) => ({ from: { id: from }, to: [{ id: to }] }));
    const path = `crm/v4/associations/${type}/companies/batch/archive`;
    return await this.#ask('POST', path, z.unknown(), signal, { inputs });
  }

  /**
   * Number of the account that we are signed in to.
   * https://developers.hubspot.com/docs/api-reference/legacy/account/account-information/guide: every token may ask.
   */
  async portal(signal: AbortSignal): Promise<Got<number>> {
    const got = await this.#ask('GET', 'account-info/v3/details', account, signal);
    return got.ok ? { ok: true, value: got.value.portalId } : got;
  }

  async properties(
    type: HubSpotType,
    signal: AbortSignal,
  ): Promise<Got<ReadonlyMap<string, { readonly hasUniqueValue: boolean }>>> {
    const got = await this.#ask('GET', `crm/v3/properties/${type}`, properties, signal);
    if (!got.ok) return got;
    return {
      ok: true,
      value: new Map(got.value.results.map(({ name, hasUniqueValue = false }) => [name, { hasUniqueValue }])),
    };
  }

  /** A group that is there already is taken as made. */
  async makeGroup(type: HubSpotType, group: object, signal: AbortSignal): Promise<Got<unknown>> {
    return unlessThere(
      await this.#ask('POST', `crm/v3/properties/${type}/groups`, z.unknown(), signal, group),
    );
  }

  async makeProperty(type: HubSpotType, property: object, signal: AbortSignal): Promise<Got<unknown>> {
    return unlessThere(await this.#ask('POST', `crm/v3/properties/${type}`, z.unknown(), signal, property));
  }

  async #ask<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    body?: object,
  ): Promise<Got<T>> {
    const outcome = await this.connection.call({ method, path, ...(body && { body }) }, signal);
    if (outcome.kind !== 'answered') return { ok: false, failed: outcome };
    const parsed = schema.safeParse(outcome.body);
    if (parsed.success) return { ok: true, value: parsed.data };
    return { ok: false, failed: unreadable('HubSpot’s answer is not as its documentation has it.') };
  }
}

function objects(type: HubSpotType): string {
  return pathOf('crm', 'v3', 'objects', type);
}

function unlessThere(got: Got<unknown>): Got<unknown> {
  const isThere = !got.ok && got.failed.kind === 'refused' && got.failed.status === 409;
  return isThere ? { ok: true, value: undefined } : got;
}
