import { pathOf, type HttpConnection } from '@samspill/connector';
import { z } from 'zod';
import { unreadable, type FailedCall } from '../vendor/failed-call.js';
import { CONTENT, REFERENCE, type SuperOfficeEntity } from './superoffice-entities.js';

/** References in one list request: the address stays well below what servers take. */
const REFERENCES_AT_ONCE = 10;
/** One row a reference, and some more where people have copied a record. */
const ROWS = '100';

const list = z.object({ value: z.array(z.record(z.string(), z.unknown())) });
const entity = z.object({
  Deleted: z.number().optional(),
  CustomFields: z.record(z.string(), z.unknown()).nullish(),
});
const layout = z.array(z.looseObject({ ProgId: z.string().nullish() }));
const items = z.array(z.object({ Id: z.number(), Name: z.string() }));

export type Got<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failed: FailedCall };

/** A record of ours as a list shows it. */
export interface Listed {
  readonly id: string;
  readonly content: string;
}

/** A record by its id. */
export interface Held {
  readonly isDeleted: boolean;
  readonly reference: string;
  readonly content: string;
}

/**
 * The endpoints of SuperOffice’s REST API that are used, typed.
 * https://docs.superoffice.com/en/api/reference/restful/rest/index.html
 */
export class SuperOfficeApi {
  constructor(private readonly connection: HttpConnection) {}

  /** Records by our reference; of several with one reference, the oldest. Deleted ones are not listed. */
  async find(
    { path, id, fields }: SuperOfficeEntity,
    references: readonly string[],
    signal: AbortSignal,
  ): Promise<Got<ReadonlyMap<string, Listed>>> {
    const [referenceColumn, contentColumn] = [`${fields}/${REFERENCE}`, `${fields}/${CONTENT}`];
    const found = new Map<string, Listed>();
    for (let at = 0; at < references.length; at += REFERENCES_AT_ONCE) {
      const some = references.slice(at, at + REFERENCES_AT_ONCE);
      const query = {
        $select: [id, referenceColumn, contentColumn].join(','),
        $filter: some.map((one) => `${referenceColumn} eq '${one.replaceAll("'", "''")}'`).join(' or '),
        $orderBy: `${id} asc`,
        $top: ROWS,
      };
      const got = await this.#ask({ method: 'GET', path, query }, list, signal);
      if (!got.ok) return got;
      for (const row of got.value.value) {
        // SuperOffice compares without regard to case; references that differ in it are other records.
        const reference = textOf(row[referenceColumn]);
        if (found.has(reference)) continue;
        found.set(reference, { id: textOf(row[id]), content: textOf(row[contentColumn]) });
      }
    }
    return { ok: true, value: found };
  }

  /** @returns undefined where there is none: it was merged into another, or removed for good */
  async get({ path }: SuperOfficeEntity, id: string, signal: AbortSignal): Promise<Got<Held | undefined>> {
    const got = await this.#ask({ method: 'GET', path: pathOf(path, id) }, entity, signal);
    if (!got.ok) {
      const isGone = got.failed.kind === 'refused' && got.failed.status === 404;
      return isGone ? { ok: true, value: undefined } : got;
    }
    const { Deleted: deleted = 0, CustomFields: fields } = got.value;
    const reference = textOf(fields?.[REFERENCE]);
    return { ok: true, value: { isDeleted: deleted !== 0, reference, content: textOf(fields?.[CONTENT]) } };
  }

  /** @returns SuperOffice's id */
  async create({ path, id }: SuperOfficeEntity, body: object, signal: AbortSignal): Promise<Got<string>> {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    const schema = z.looseObject({ [name]: z.number() });
    const got = await this.#ask({ method: 'POST', path, body }, schema, signal);
    return got.ok ? { ok: true, value: textOf(got.value[name]) } : got;
  }

  /** RFC 7396; what is not in it stays. */
  async change(
    { path }: SuperOfficeEntity,
    id: string,
    body: object,
    signal: AbortSignal,
  ): Promise<Got<unknown>> {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const call = { method: 'PATCH', path: pathOf(path, id), body, headers } as const;
    return await this.#ask(call, z.unknown(), signal);
  }

  /** Ids of the user-defined fields that everybody sees. */
  async fields({ path }: SuperOfficeEntity, signal: AbortSignal): Promise<Got<readonly string[]>> {
    const call = { method: 'GET', path: `${path}/UdefLayout/Published` } as const;
    const got = await this.#ask(call, layout, signal);
    return got.ok ? { ok: true, value: got.value.map(({ ProgId }) => ProgId ?? '') } : got;
  }

  /**
   * Makes fields and publishes them.
   * https://docs.superoffice.com/en/api/netserver/web-services/howto/custom-objects/rest-create-udef-field.html
   */
  async makeFields(
    { path }: SuperOfficeEntity,
    fields: readonly { readonly ProgId: string; readonly FieldLabel: string }[],
    signal: AbortSignal,
  ): Promise<Got<unknown>> {
    const made: object[] = [];
    for (const field of fields) {
      const call = {
        method: 'POST',
        path: `${path}/UdefLayout`,
        query: { udefFieldType: 'LongText' },
      } as const;
      const got = await this.#ask(call, z.looseObject({}), signal);
      if (!got.ok) return got;
      made.push({ ...got.value, ...field, IsIndexed: true });
    }
    const saved = await this.#ask(
      { method: 'PUT', path: `${path}/UdefLayout`, body: made },
      z.unknown(),
      signal,
    );
    if (!saved.ok) return saved;
    return await this.#ask({ method: 'POST', path: `${path}/UdefLayout/Publish` }, z.unknown(), signal);
  }

  /** Ids by ISO 4217. */
  async currencies(signal: AbortSignal): Promise<Got<ReadonlyMap<string, number>>> {
    const got = await this.#ask({ method: 'GET', path: 'MDOList/currency' }, items, signal);
    return got.ok ? { ok: true, value: new Map(got.value.map(({ Id, Name }) => [Name, Id])) } : got;
  }

  async #ask<T>(
    call: Parameters<HttpConnection['call']>[0],
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<Got<T>> {
    const outcome = await this.connection.call(call, signal);
    if (outcome.kind !== 'answered') return { ok: false, failed: outcome };
    const parsed = schema.safeParse(outcome.body);
    if (parsed.success) return { ok: true, value: parsed.data };
    return { ok: false, failed: unreadable('SuperOffice’s answer is not as its documentation has it.') };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
