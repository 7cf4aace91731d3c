import { listOf, member, textOf, textsOf } from '../json.js';
import type { VendorAnswer, VendorRequest } from '../vendor-server.js';
import { batchAnswer, hubSpotError, hubSpotItemError } from './hubspot-answers.js';
import type { HubSpotAssociations } from './hubspot-associations.js';
import type { HubSpotProperty, HubSpotRecord, HubSpotRecords } from './hubspot-records.js';

/** https://developers.hubspot.com/docs/api-reference/crm-companies-v3/guide: batches are limited to 100 records at a time. */
const MAX_BATCH = 100;
const E_MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

interface Fault {
  readonly category: string;
  readonly message: string;
}

/** `crm/v3/objects/<type>/…` */
export class HubSpotObjects {
  constructor(
    private readonly records: HubSpotRecords,
    private readonly properties: ReadonlyMap<string, ReadonlyMap<string, HubSpotProperty>>,
    private readonly associations: HubSpotAssociations,
    private readonly searchDelayMs: number,
  ) {}

  answer(type: string, rest: readonly string[], { body, method }: VendorRequest): VendorAnswer {
    const inputs = listOf(body, 'inputs');
    if (inputs.length > MAX_BATCH)
      return hubSpotError(400, 'VALIDATION_ERROR', `A batch has at most ${MAX_BATCH} inputs.`);
    switch (`${method} ${rest.join('/')}`) {
      case 'POST batch/read':
        return this.#read(type, body, inputs);
      case 'POST batch/create':
        return this.#write(type, inputs, (input) => this.#create(type, input), 201);
      case 'POST batch/update':
        return this.#write(type, inputs, (input) => this.#update(type, input));
      case 'POST batch/upsert':
        return this.#upsert(type, inputs);
      case 'POST batch/archive':
        for (const input of inputs) {
          const record = this.records.byId(type, textOf(input, 'id') ?? '');
          if (record) this.records.archive(record);
        }
        return { status: 204 };
      case 'POST search':
        return this.#search(type, body);
      default:
        return hubSpotError(404, 'OBJECT_NOT_FOUND', 'There is no such resource.');
    }
  }

  #read(type: string, body: unknown, inputs: readonly unknown[]): VendorAnswer {
    const idProperty = textOf(body, 'idProperty');
    if (idProperty !== undefined && !this.#isUnique(type, idProperty)) return notUnique(idProperty);
    const names = listOf(body, 'properties').map(String);
    const ids = inputs.map((input) => textOf(input, 'id') ?? '');
    const found = new Set<HubSpotRecord>();
    const missing: string[] = [];
    for (const id of ids) {
      const record =
        idProperty === undefined ? this.records.byId(type, id) : this.records.byValue(type, idProperty, id);
      if (record) found.add(record);
      else missing.push(id);
    }
    const message = 'Could not get some objects, they may be deleted or not exist. Check that ids are valid.';
    const errors =
      missing.length === 0 ? [] : [hubSpotItemError('OBJECT_NOT_FOUND', message, { ids: missing })];
    return batchAnswer(
      [...found].map((record) => shown(record, names)),
      errors,
    );
  }

  #upsert(type: string, inputs: readonly unknown[]): VendorAnswer {
    const keys = inputs.map((input) => `${textOf(input, 'idProperty')}=${textOf(input, 'id')}`);
    if (new Set(keys).size < keys.length)
      return hubSpotError(400, 'VALIDATION_ERROR', 'Duplicate IDs found in batch input.');
    for (const input of inputs) {
      const idProperty = textOf(input, 'idProperty') ?? '';
      if (!this.#isUnique(type, idProperty)) return notUnique(idProperty);
    }
    return this.#write(type, inputs, (input) => {
      const [property, id] = [textOf(input, 'idProperty') ?? '', textOf(input, 'id') ?? ''];
      const record = this.records.byValue(type, property, id);
      if (record) return this.#change(type, record, textsOf(input, 'properties'));
      return this.#make(type, { ...textsOf(input, 'properties'), [property]: id });
    });
  }

  /** Each on its own: https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors */
  #write(
    type: string,
    inputs: readonly unknown[],
    one: (input: unknown) => HubSpotRecord | Fault,
    status = 200,
  ): VendorAnswer {
    const results: object[] = [];
    const errors: object[] = [];
    for (const input of inputs) {
      const done = one(input);
      const trace = textOf(input, 'objectWriteTraceId');
      if ('category' in done)
        errors.push(
          hubSpotItemError(
            done.category,
            done.message,
            trace === undefined ? {} : { objectWriteTraceId: [trace] },
          ),
        );
      else
        results.push({
          ...shown(done, Object.keys(done.properties)),
          ...(trace !== undefined && { objectWriteTraceId: trace }),
        });
    }
    return results.length === 0 && inputs.length === 1 ? alone(errors) : batchAnswer(results, errors, status);
  }

  #create(type: string, input: unknown): HubSpotRecord | Fault {
    const targets = listOf(input, 'associations').map((one) => ({
      id: textOf(member(one, 'to'), 'id') ?? '',
      typeId: Number(textOf(listOf(one, 'types')[0], 'associationTypeId')),
    }));
    const lost = targets.find(({ id, typeId }) => !this.associations.canRelate(type, typeId, id));
    if (lost) return { category: 'OBJECT_NOT_FOUND', message: `No object to associate with: ${lost.id}` };
    const record = this.#make(type, textsOf(input, 'properties'));
    if ('category' in record) return record;
    for (const { id } of targets) this.associations.relate(type, record.id, id, false);
    return record;
  }

  #update(type: string, input: unknown): HubSpotRecord | Fault {
    const [id, idProperty] = [textOf(input, 'id') ?? '', textOf(input, 'idProperty')];
    const record =
      idProperty === undefined ? this.records.byId(type, id) : this.records.byValue(type, idProperty, id);
    if (!record) return { category: 'OBJECT_NOT_FOUND', message: `Object not found: ${id}` };
    return this.#change(type, record, textsOf(input, 'properties'));
  }

  #make(type: string, properties: Readonly<Record<string, string>>): HubSpotRecord | Fault {
    const fault = this.#fault(type, properties);
    if (fault) return fault;
    const holder = this.records.holder(type, properties);
    if (holder) return conflict(holder);
    return this.records.create(type, properties);
  }

  #change(
    type: string,
    record: HubSpotRecord,
    properties: Readonly<Record<string, string>>,
  ): HubSpotRecord | Fault {
    const fault = this.#fault(type, properties);
    if (fault) return fault;
    const holder = this.records.holder(type, properties, record.id);
    if (holder) return conflict(holder);
    this.records.change(record, properties);
    return record;
  }

  #fault(type: string, properties: Readonly<Record<string, string>>): Fault | undefined {
    const category = 'VALIDATION_ERROR';
    for (const [name, value] of Object.entries(properties)) {
      const property = this.properties.get(type)?.get(name);
      if (!property) return { category, message: `Property values were not valid: "${name}" does not exist` };
      if (value === '') continue;
      if (property.type === 'number' && Number.isNaN(Number(value)))
        return { category, message: `Property values were not valid: ${value} was not a valid number.` };
      if (name === 'email' && type === 'contacts' && !E_MAIL.test(value))
        return { category, message: `Property values were not valid: Email address ${value} is invalid` };
    }
    return undefined;
  }

  /** Shows a record only a while after it was written: https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm */
  #search(type: string, body: unknown): VendorAnswer {
    const names = listOf(body, 'properties').map(String);
    const filters = listOf(listOf(body, 'filterGroups')[0], 'filters');
    const visible = this.records.live(type).filter((record) => {
      if (record.modifiedMs + this.searchDelayMs > Date.now()) return false;
      return filters.every((filter) => {
        const value = record.properties[textOf(filter, 'propertyName') ?? ''];
        const wanted = [textOf(filter, 'value'), ...listOf(filter, 'values').map(String)];
        return value !== undefined && wanted.includes(value);
      });
    });
    return { status: 200, body: { total: visible.length, results: visible.map((one) => shown(one, names)) } };
  }

  #isUnique(type: string, name: string): boolean {
    return this.properties.get(type)?.get(name)?.hasUniqueValue === true;
  }
}

function shown(record: HubSpotRecord, names: readonly string[]): object {
  const values: Record<string, string> = {
    ...record.properties,
    ...(record.merged.length > 0 && { hs_merged_object_ids: record.merged.join(';') }),
  };
  return {
    id: record.id,
    properties: Object.fromEntries(names.map((name) => [name, values[name] ?? null])),
    updatedAt: new Date(record.modifiedMs).toISOString(),
    archived: record.archived,
  };
}

function conflict({ id, property }: { readonly id: string; readonly property: string }): Fault {
  const message =
    property === 'email'
      ? `Contact already exists. Existing ID: ${id}`
      : `Cannot set PropertyValueCoordinates{propertyName=${property}}. ${id} already has that value.`;
  return { category: 'CONFLICT', message };
}

function notUnique(name: string): VendorAnswer {
  return hubSpotError(400, 'VALIDATION_ERROR', `Unable to perform upsert by non-unique property ${name}`);
}

/** A batch of one that fails is answered with its own status, not with 207. */
function alone(errors: readonly object[]): VendorAnswer {
  const [error] = errors;
  const category = textOf(error, 'category') ?? 'VALIDATION_ERROR';
  const status = category === 'CONFLICT' ? 409 : category === 'OBJECT_NOT_FOUND' ? 404 : 400;
  return hubSpotError(status, category, textOf(error, 'message') ?? '');
}
