import type { LookUpOutcome, SendOutcome } from '@samspill/eventlog';
import type { Crm, CrmCheck, CrmKind, CrmLimits, CrmWish } from '../crm/crm.js';
import { noAnswerOf, notSentOf, refused, sendOutcomeOf, withoutCustomer } from '../vendor/failed-call.js';
import { MAX_BATCH, type HubSpotApi, type HubSpotInput } from './hubspot-api.js';
import { CONTENT, erasedValues, REFERENCE, TYPES, valuesOf } from './hubspot-fields.js';
import { setUpHubSpot } from './hubspot-set-up.js';
import { locateRecords, type Location } from './locate-records.js';
import { moveToCustomers } from './move-to-customers.js';
import { writeBatches, type Outcomes } from './write-batches.js';

type Put = CrmWish & { readonly wish: 'put' };

export const HUBSPOT_LIMITS: CrmLimits = {
  batchSize: MAX_BATCH,
  // A write is up to five requests, each of which may wait a window of ten seconds for its turn.
  callTimeoutMs: 90_000,
  // Reading by id or by a unique field shows what was written at once; a request that was cut off may still be on its way.
  settleMs: 5_000,
};

/**
 * A company's HubSpot. Each record has our reference in a unique field, so that a second record of it cannot be made, and a hash of what was
 * written, so that one can tell whether it has to be written. Both are written with the record, in one request.
 */
export class HubSpotCrm implements Crm {
  constructor(
    private readonly api: HubSpotApi,
    readonly limits: CrmLimits = HUBSPOT_LIMITS,
  ) {}

  async check(signal: AbortSignal): Promise<CrmCheck> {
    return await setUpHubSpot(this.api, signal);
  }

  async write(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly SendOutcome[]> {
    const [first] = wishes;
    if (!first) return [];
    const kind = kindOf(first);
    const located = await locateRecords(this.api, TYPES[kind], wishes, signal);
    if (!located.ok) return wishes.map(() => notSentOf(located.failed));
    const puts = wishes.filter((wish): wish is Put => wish.wish === 'put');
    const others = wishes.filter(({ wish }) => wish !== 'put');
    const outcomes = new Map([
      ...(await this.#put(kind, puts, located.value, signal)),
      ...(await this.#remove(kind, others, located.value, signal)),
    ]);
    return wishes.map(({ reference }) => outcomes.get(reference) ?? UNTOLD);
  }

  async lookUp(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly LookUpOutcome[]> {
    const [first] = wishes;
    if (!first) return [];
    const located = await locateRecords(this.api, TYPES[kindOf(first)], wishes, signal);
    if (!located.ok) return wishes.map(() => noAnswerOf(located.failed));
    return wishes.map(({ wish, reference, content }): LookUpOutcome => {
      const location = located.value.get(reference);
      const isThere = location?.kind === 'there';
      if (wish !== 'put') return isThere ? { kind: 'not-there' } : { kind: 'there' };
      return isThere && location.content === content
        ? { kind: 'there', reference: location.id }
        : { kind: 'not-there' };
    });
  }

  async #put(
    kind: CrmKind,
    wishes: readonly Put[],
    located: ReadonlyMap<string, Location>,
    signal: AbortSignal,
  ): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const due: Put[] = [];
    for (const wish of wishes) {
      const location = located.get(wish.reference);
      if (location?.kind === 'merged') outcomes.set(wish.reference, mergedAway(location));
      else if (location?.content === wish.content)
        outcomes.set(wish.reference, { kind: 'confirmed', reference: location.id });
      else due.push(wish);
    }
    const written =
      kind === 'customer'
        ? await this.#putCustomers(due, located, signal)
        : await this.#putRelated(kind, due, located, signal);
    return new Map([...outcomes, ...written]);
  }

  /** New and changed in one request; of two who make the same customer at once, HubSpot lets the second change it. */
  async #putCustomers(
    wishes: readonly Put[],
    located: ReadonlyMap<string, Location>,
    signal: AbortSignal,
  ): Promise<Outcomes> {
    const upserts: HubSpotInput[] = [];
    const updates: HubSpotInput[] = [];
    for (const wish of wishes) {
      const location = located.get(wish.reference);
      if (location?.kind === 'there' && !location.hasReference) updates.push(inputOf(wish, location.id));
      else upserts.push({ ...inputOf(wish, wish.reference), idProperty: REFERENCE });
    }
    return new Map([
      ...(await writeBatches(this.api, 'companies', 'upsert', upserts, signal)),
      ...(await writeBatches(this.api, 'companies', 'update', updates, signal)),
    ]);
  }

  /** A new one is made together with its relation to the customer; of a changed one the relation comes first, and its content last. */
  async #putRelated(
    kind: 'person' | 'order',
    wishes: readonly Put[],
    located: ReadonlyMap<string, Location>,
    signal: AbortSignal,
  ): Promise<Outcomes> {
    if (wishes.length === 0) return new Map();
    const type = TYPES[kind];
    const moved = await moveToCustomers(this.api, type, wishes, located, signal);
    if (!moved.ok) return new Map(wishes.map(({ reference }) => [reference, notSentOf(moved.failed)]));
    const { companies, typeId } = moved.value;
    const outcomes: Outcomes = new Map();
    const creates: HubSpotInput[] = [];
    const updates: HubSpotInput[] = [];
    for (const wish of wishes) {
      const location = located.get(wish.reference);
      const company = companies.get(wish.reference);
      if (company === undefined) outcomes.set(wish.reference, withoutCustomer(customerOf(wish)));
      else if (location?.kind === 'there') updates.push(inputOf(wish, location.id));
      else creates.push({ ...inputOf(wish), associations: [{ to: company, typeId }] });
    }
    return new Map([
      ...outcomes,
      ...(await writeBatches(this.api, type, 'create', creates, signal)),
      ...(await writeBatches(this.api, type, 'update', updates, signal)),
    ]);
  }

  async #remove(
    kind: CrmKind,
    wishes: readonly CrmWish[],
    located: ReadonlyMap<string, Location>,
    signal: AbortSignal,
  ): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const ids = new Map<string, string>();
    for (const { reference, wish } of wishes) {
      const location = located.get(reference);
      if (location?.kind === 'there') ids.set(reference, location.id);
      else if (location?.kind === 'merged' && wish === 'erase') outcomes.set(reference, mergedAway(location));
      else outcomes.set(reference, { kind: 'confirmed' });
    }
    const erased = wishes
      .filter(({ wish, reference }) => wish === 'erase' && ids.has(reference))
      .map(({ reference, content }): HubSpotInput => {
        const properties = { ...erasedValues(kind), [CONTENT]: content };
        return { traceId: reference, id: ids.get(reference) ?? '', properties };
      });
    for (const [reference, outcome] of await writeBatches(this.api, TYPES[kind], 'update', erased, signal)) {
      if (outcome.kind === 'confirmed') continue;
      outcomes.set(reference, outcome);
      ids.delete(reference);
    }
    if (ids.size === 0) return outcomes;
    const archived = await this.api.archive(TYPES[kind], [...ids.values()], signal);
    for (const [reference, id] of ids)
      outcomes.set(
        reference,
        archived.ok ? { kind: 'confirmed', reference: id } : sendOutcomeOf(archived.failed),
      );
    return outcomes;
  }
}

const UNTOLD: SendOutcome = { kind: 'unknown', code: 'crm.failing', words: 'Nothing was said about it.' };

function kindOf(wish: CrmWish): CrmKind {
  return wish.wish === 'put' ? wish.record.kind : wish.kind;
}

function customerOf({ record }: Put): string {
  return record.kind === 'customer' ? '' : record.customer;
}

function inputOf({ reference, content, record }: Put, id?: string): HubSpotInput {
  const properties = { ...valuesOf(record), [REFERENCE]: reference, [CONTENT]: content };
  return { traceId: reference, ...(id !== undefined && { id }), properties };
}

/** Making it anew would undo what people at the CRM have done, and writing it into the other record would mix two customers. */
function mergedAway({ into, whose }: Location & { readonly kind: 'merged' }): SendOutcome {
  const other = whose === '' ? '' : `, which is ${whose}`;
  return refused(
    `At HubSpot this record was merged into record ${into}${other}. Merge the two in the business system as well, or part them at HubSpot.`,
  );
}
