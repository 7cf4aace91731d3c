import { repeatedValues } from '../effects.js';
import { member, textOf } from '../json.js';
import type { VendorAnswer, VendorRequest } from '../vendor-server.js';
import { VendorSimulator, type SimulatorOptions } from '../vendor-simulator.js';
import { SuperOfficeRecords, type SuperOfficeRecord, type SuperOfficeType } from './superoffice-records.js';
import { SuperOfficeTickets } from './superoffice-tickets.js';

const TYPES: Readonly<Record<SuperOfficeType, { readonly id: string; readonly fields: string }>> = {
  Contact: { id: 'contactId', fields: 'contactUdef' },
  Person: { id: 'personId', fields: 'personUdef' },
  Sale: { id: 'saleId', fields: 'saleUdef' },
};
const CURRENCIES = ['NOK', 'SEK', 'EUR', 'USD'].map((Name, at) => ({ Id: at + 1, Name }));
/** Of long text fields that users define. */
const LONGEST_TEXT = 199;
const NO_LIMIT = { requests: 1_000_000, windowMs: 1_000 };

/** SuperOffice publishes no limit; with one it answers 429. */
export type SuperOfficeOptions = SimulatorOptions;

/**
 * A customer's SuperOffice as its documentation has it, over real HTTP: the system user's signed token for a ticket, entities of the REST
 * API, lists with filters over user-defined fields, making and publishing such fields. No batches, no unique fields, no idempotency keys.
 */
export class SuperOfficeSimulator extends VendorSimulator {
  readonly tickets = new SuperOfficeTickets();
  readonly #records = new SuperOfficeRecords(this.noticed);
  readonly #published = new Map<SuperOfficeType, readonly string[]>();
  readonly #saved = new Map<SuperOfficeType, readonly string[]>();

  private constructor(options: SuperOfficeOptions) {
    super(options, NO_LIMIT);
  }

  static async start(options: SuperOfficeOptions): Promise<SuperOfficeSimulator> {
    return await new SuperOfficeSimulator(options).listen(options);
  }

  /** Those that lists show; a person who has left and a lost sale among them. */
  listed(type: SuperOfficeType): readonly SuperOfficeRecord[] {
    return this.#records.listed(type);
  }

  byId(type: SuperOfficeType, id: number): SuperOfficeRecord | undefined {
    return this.#records.byId(type, id);
  }

  /** Values of a user-defined field that several listed records have. */
  duplicates(type: SuperOfficeType, field: string): ReadonlyMap<string, number> {
    return repeatedValues(this.listed(type).map(({ values }) => textOf(values['CustomFields'], field)));
  }

  /** What a person does at SuperOffice; the destination stays. */
  mergeByHand(source: number, destination: number): void {
    this.#records.merge(source, destination);
  }

  protected busy(): VendorAnswer {
    return BUSY;
  }

  protected failing(): VendorAnswer {
    return error(500, 'An unexpected error occurred');
  }

  protected guard({ path, headers }: VendorRequest): VendorAnswer | undefined {
    if (path[0] === 'Login') return undefined;
    if (!this.arrivals.arrive()) return BUSY;
    const isOurs = headers['so-apptoken'] === this.tickets.applicationToken;
    return isOurs && this.tickets.isGood(headers.authorization)
      ? undefined
      : error(401, 'Authentication failed');
  }

  protected answer(request: VendorRequest): VendorAnswer {
    const [area, api, version, entity = '', ...rest] = request.path;
    if (area === 'Login') return this.tickets.exchange(request.body);
    if (area !== this.tickets.customer || api !== 'api' || version !== 'v1') return NOT_FOUND;
    if (entity === 'MDOList') return rest[0] === 'currency' ? { status: 200, body: CURRENCIES } : NOT_FOUND;
    if (!isType(entity)) return NOT_FOUND;
    if (rest[0] === 'UdefLayout') return this.#layout(entity, rest[1], request);
    return this.#entity(entity, rest[0], request);
  }

  /** https://docs.superoffice.com/en/api/netserver/web-services/howto/custom-objects/rest-create-udef-field.html */
  #layout(type: SuperOfficeType, action: string | undefined, { method, body }: VendorRequest): VendorAnswer {
    const saved = this.#saved.get(type) ?? [];
    switch (`${method} ${action ?? ''}`) {
      case 'GET Published':
        return { status: 200, body: (this.#published.get(type) ?? []).map((ProgId) => ({ ProgId })) };
      case 'POST ':
        return { status: 200, body: { UDefFieldId: 0, FieldType: 'LongText', TextLength: LONGEST_TEXT } };
      case 'PUT ': {
        const fields = Array.isArray(body) ? body.map((field: unknown) => textOf(field, 'ProgId') ?? '') : [];
        this.#saved.set(type, [...new Set([...saved, ...fields])]);
        return { status: 200, body };
      }
      case 'POST Publish':
        this.#published.set(type, saved);
        return { status: 200, body: 1 };
      default:
        return NOT_FOUND;
    }
  }

  #entity(type: SuperOfficeType, id: string | undefined, request: VendorRequest): VendorAnswer {
    const { method, body } = request;
    const values = typeof body === 'object' && body !== null ? { ...body } : {};
    if (id === undefined) {
      if (method === 'GET') return this.#list(type, request.query);
      const fault = this.#fault(type, values) ?? lacking(type, values);
      return fault ?? { status: 200, body: shown(this.#records.create(type, values)) };
    }
    const record = this.#records.byId(type, Number(id));
    if (!record) return NOT_FOUND;
    if (method === 'GET') return { status: 200, body: shown(record) };
    if (method !== 'PATCH' || request.headers['content-type'] !== 'application/merge-patch+json')
      return error(415, 'The content type is not supported');
    const fault = this.#fault(type, values);
    if (fault) return fault;
    this.#records.patch(record, values);
    return { status: 200, body: shown(record) };
  }

  /** `column eq 'text'`, several with `or`; SuperOffice compares without regard to case. */
  #list(type: SuperOfficeType, query: URLSearchParams): VendorAnswer {
    const { id, fields } = TYPES[type];
    const columns = (query.get('$select') ?? '').split(',');
    const wanted = [...(query.get('$filter') ?? '').matchAll(/(\S+) eq '((?:[^']|'')*)'/g)].map(
      ([, column = '', text = '']) => ({ column, text: text.replaceAll("''", "'").toLowerCase() }),
    );
    const valueOf = (record: SuperOfficeRecord, column: string): string =>
      column === id
        ? String(record.id)
        : (textOf(record.values['CustomFields'], column.replace(`${fields}/`, '')) ?? '');
    const rows = this.listed(type)
      .filter((record) => wanted.some(({ column, text }) => valueOf(record, column).toLowerCase() === text))
      .slice(0, Number(query.get('$top') ?? '100'))
      .map((record) => ({
        PrimaryKey: record.id,
        ...Object.fromEntries(columns.map((column) => [column, valueOf(record, column)])),
      }));
    return { status: 200, body: { 'odata.metadata': '', 'odata.nextLink': null, value: rows } };
  }

  #fault(type: SuperOfficeType, values: object): VendorAnswer | undefined {
    const fields = member(values, 'CustomFields');
    for (const name of Object.keys(typeof fields === 'object' && fields !== null ? fields : {})) {
      if (this.#published.get(type)?.includes(name) !== true)
        return error(400, `No user-defined field ${name}`);
      if ((textOf(fields, name) ?? '').length > LONGEST_TEXT) return error(400, `${name} is too long`);
    }
    const contact = textOf(member(values, 'Contact'), 'ContactId');
    if (contact !== undefined && !this.#records.byId('Contact', Number(contact)))
      return error(400, `No contact ${contact}`);
    return undefined;
  }
}

const NOT_FOUND = error(404, 'Not found');
const BUSY: VendorAnswer = { ...error(429, 'Too many requests'), headers: { 'retry-after': '0' } };

function lacking(type: SuperOfficeType, values: object): VendorAnswer | undefined {
  const required = type === 'Contact' ? 'Name' : type === 'Person' ? 'Lastname' : 'Heading';
  return textOf(values, required) ? undefined : error(400, `${required} is required`);
}

function error(status: number, message: string): VendorAnswer {
  return { status, body: { Error: true, ErrorType: 'SuperOffice', Message: message } };
}

function shown({ id, type, values }: SuperOfficeRecord): object {
  return { Deleted: 0, CustomFields: {}, ...values, [`${type}Id`]: id };
}

function isType(text: string): text is SuperOfficeType {
  return Object.hasOwn(TYPES, text);
}
