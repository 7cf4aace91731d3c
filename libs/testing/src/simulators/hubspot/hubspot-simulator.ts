import { Arrivals } from '../arrivals.js';
import { repeatedValues } from '../effects.js';
import { member, textOf } from '../json.js';
import type { VendorAnswer, VendorRequest } from '../vendor-server.js';
import { VendorSimulator, type SimulatorOptions } from '../vendor-simulator.js';
import { hubSpotError } from './hubspot-answers.js';
import { HubSpotAssociations } from './hubspot-associations.js';
import { HubSpotObjects } from './hubspot-objects.js';
import { HubSpotRecords, type HubSpotProperty, type HubSpotRecord } from './hubspot-records.js';

export type HubSpotType = 'companies' | 'contacts' | 'orders';

/** https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines: 100 in 10 seconds for Free and Starter, 190 above. */
const FREE_LIMIT = { requests: 100, windowMs: 10_000 };
/** The same page: search has a limit of its own. */
const SEARCH_LIMIT = { requests: 5, windowMs: 1_000 };
/** https://developers.hubspot.com/changelog/upcoming-expiration-of-oauth-access-tokens-is-changing: half an hour. */
const TOKEN_LIFE_MS = 30 * 60_000;
const MS_PER_SECOND = 1_000;
const FIRST_IDS = 1_000;

/** Fields that HubSpot has of itself, those that are used. */
const OWN: Readonly<Record<HubSpotType, readonly string[]>> = {
  companies: ['name', 'phone', 'website', 'address', 'address2', 'city', 'state', 'zip', 'country'],
  contacts: ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'jobtitle'],
  orders: [
    'hs_order_name',
    'hs_currency_code',
    'hs_total_price',
    'hs_external_order_id',
    'hs_external_order_status',
  ],
};

export interface HubSpotOptions extends SimulatorOptions {
  /** How long what was written takes to be found by searching. */
  readonly searchDelayMs?: number;
  readonly tokenLifeMs?: number;
  /** What `Retry-After` says; whole seconds. */
  readonly retryAfterSeconds?: number;
  /** Ids begin after it: HubSpot never gives one twice, and one that is started anew must not either. */
  readonly beforeFirstId?: number;
}

/**
 * HubSpot's CRM API as its documentation has it, over real HTTP: batches with partial failures, unique fields, set-up of fields, relations,
 * tokens that expire, limits, search that lags behind. It knows no idempotency keys. It counts what people would notice.
 */
export class HubSpotSimulator extends VendorSimulator {
  /** The private app's token. */
  readonly staticToken = 'pat-simulated';
  readonly refreshToken = 'refresh-simulated';
  readonly searches = new Arrivals(SEARCH_LIMIT.requests, SEARCH_LIMIT.windowMs);
  readonly #properties = new Map<string, Map<string, HubSpotProperty>>();
  readonly #groups = new Set<string>();
  readonly #records: HubSpotRecords;
  readonly #associations: HubSpotAssociations;
  readonly #objects: HubSpotObjects;
  readonly #tokens = new Map<string, number>([[this.staticToken, Infinity]]);
  #tokensMade = 0;

  private constructor(private readonly options: HubSpotOptions) {
    super(options, FREE_LIMIT);
    for (const [type, names] of Object.entries(OWN))
      this.#properties.set(type, new Map(names.map((name) => [name, own(type, name)])));
    this.#records = new HubSpotRecords(this.#properties, this.noticed, options.beforeFirstId ?? FIRST_IDS);
    this.#associations = new HubSpotAssociations(this.#records, this.noticed);
    this.#objects = new HubSpotObjects(
      this.#records,
      this.#properties,
      this.#associations,
      options.searchDelayMs ?? 0,
    );
  }

  static async start(options: HubSpotOptions): Promise<HubSpotSimulator> {
    return await new HubSpotSimulator(options).listen(options);
  }

  live(type: HubSpotType): readonly HubSpotRecord[] {
    return this.#records.live(type);
  }

  archived(type: HubSpotType): readonly HubSpotRecord[] {
    return this.#records.archived(type);
  }

  /** Ids of the companies that a contact or an order belongs to. */
  companiesOf(type: HubSpotType, id: string): readonly string[] {
    return this.#associations.of(type, id);
  }

  /** Values of a field that several live records have. */
  duplicates(type: HubSpotType, property: string): ReadonlyMap<string, number> {
    return repeatedValues(this.live(type).map((record) => record.properties[property]));
  }

  property(type: HubSpotType, name: string): HubSpotProperty | undefined {
    return this.#properties.get(type)?.get(name);
  }

  /** What a person does at HubSpot. The first stays. */
  mergeByHand(type: HubSpotType, primary: string, other: string): void {
    this.#records.merge(this.#held(type, primary), this.#held(type, other));
  }

  deleteByHand(type: HubSpotType, id: string): void {
    this.#records.hide(this.#held(type, id));
  }

  editByHand(type: HubSpotType, id: string, properties: Readonly<Record<string, string>>): void {
    this.#records.edit(this.#held(type, id), properties);
  }

  /** All tokens end now; refreshing gives new ones. @param alsoStatic the private app's as well */
  expireTokens(alsoStatic = false): void {
    for (const token of this.#tokens.keys())
      if (alsoStatic || token !== this.staticToken) this.#tokens.delete(token);
  }

  #held(type: string, id: string): HubSpotRecord {
    const record = this.#records.byId(type, id);
    if (!record) throw new Error(`HubSpot has no ${type}/${id}`);
    return record;
  }

  protected guard({ path, headers }: VendorRequest): VendorAnswer | undefined {
    if (path[0] === 'oauth') return undefined;
    const isSearch = path.at(-1) === 'search';
    const isWithin = isSearch ? this.searches.arrive() : this.arrivals.arrive();
    if (!isWithin) return this.busy();
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    const endsMs = this.#tokens.get(token);
    if (endsMs === undefined)
      return hubSpotError(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.');
    return endsMs < Date.now()
      ? hubSpotError(401, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call expired.')
      : undefined;
  }

  protected busy(): VendorAnswer {
    const answer = hubSpotError(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling limit.');
    const body = { ...asObject(answer.body), errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' };
    return { ...answer, body, headers: { 'retry-after': String(this.options.retryAfterSeconds ?? 1) } };
  }

  protected failing(): VendorAnswer {
    return hubSpotError(500, 'INTERNAL_ERROR', 'internal error');
  }

  /** The page on usage has their meaning. */
  protected override headers(): Readonly<Record<string, string>> {
    const { requests, windowMs } = this.options.limit ?? FREE_LIMIT;
    return {
      'x-hubspot-ratelimit-max': String(requests),
      'x-hubspot-ratelimit-remaining': String(this.arrivals.remaining),
      'x-hubspot-ratelimit-interval-milliseconds': String(windowMs),
    };
  }

  protected answer(request: VendorRequest): VendorAnswer {
    const [area = '', ...rest] = request.path;
    if (area === 'oauth') return this.#token(request);
    if (area === 'account-info') return { status: 200, body: { portalId: 1, accountType: 'DEVELOPER_TEST' } };
    const [version, kind, type = '', ...below] = rest;
    if (!this.#properties.has(type))
      return hubSpotError(400, 'VALIDATION_ERROR', 'Unable to infer object type');
    if (version === 'v3' && kind === 'properties') return this.#property(type, below, request);
    if (version === 'v3' && kind === 'objects') return this.#objects.answer(type, below, request);
    if (version === 'v4' && kind === 'associations')
      return this.#associations.answer(type, below[0] ?? '', below.slice(1), request);
    return hubSpotError(404, 'OBJECT_NOT_FOUND', 'There is no such resource.');
  }

  #token({ body }: VendorRequest): VendorAnswer {
    if (textOf(body, 'refresh_token') !== this.refreshToken)
      return {
        status: 400,
        body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' },
      };
    const token = `token-${(this.#tokensMade += 1)}`;
    const lifeMs = this.options.tokenLifeMs ?? TOKEN_LIFE_MS;
    this.#tokens.set(token, Date.now() + lifeMs);
    const body_ = {
      access_token: token,
      refresh_token: this.refreshToken,
      expires_in: lifeMs / MS_PER_SECOND,
      token_type: 'bearer',
    };
    return { status: 200, body: body_ };
  }

  /** https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide */
  #property(type: string, [name, ...rest]: readonly string[], { method, body }: VendorRequest): VendorAnswer {
    const known = this.#properties.get(type) ?? new Map<string, HubSpotProperty>();
    if (name === 'groups' && method === 'POST') {
      const group = `${type}/${textOf(body, 'name') ?? ''}`;
      if (this.#groups.has(group)) return hubSpotError(409, 'OBJECT_ALREADY_EXISTS', 'The group exists.');
      this.#groups.add(group);
      return { status: 201, body };
    }
    if (name !== undefined || rest.length > 0)
      return hubSpotError(404, 'OBJECT_NOT_FOUND', 'There is no such resource.');
    if (method === 'GET') return { status: 200, body: { results: [...known.values()] } };
    const made = {
      name: textOf(body, 'name') ?? '',
      groupName: textOf(body, 'groupName') ?? '',
      type: textOf(body, 'type') ?? '',
      hasUniqueValue: member(body, 'hasUniqueValue') === true,
    };
    if (!this.#groups.has(`${type}/${made.groupName}`))
      return hubSpotError(400, 'VALIDATION_ERROR', `Property group ${made.groupName} does not exist`);
    if (known.has(made.name)) return hubSpotError(409, 'PROPERTY_ALREADY_EXISTS', 'The property exists.');
    known.set(made.name, made);
    return { status: 201, body: made };
  }
}

/** Contacts are one an e-mail address; nothing else of HubSpot's own is unique. */
function own(type: string, name: string): HubSpotProperty {
  return {
    name,
    groupName: 'hubspot',
    type: name === 'hs_total_price' ? 'number' : 'string',
    hasUniqueValue: type === 'contacts' && name === 'email',
  };
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
