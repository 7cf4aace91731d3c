import { createHash } from 'node:crypto';
import type { LookUpOutcome, SendOutcome } from '@samspill/eventlog';
import type { Crm, CrmCheck, CrmKind, CrmLimits, CrmWish } from '../crm/crm.js';
import {
  noAnswerOf,
  notReadyOf,
  notSentOf,
  refused,
  sendOutcomeOf,
  withoutCustomer,
} from '../vendor/failed-call.js';
import type { Got, Listed, SuperOfficeApi } from './superoffice-api.js';
import {
  archivedValues,
  CONTENT,
  ENTITIES,
  erasedValues,
  REFERENCE,
  valuesOf,
  type Surroundings,
} from './superoffice-entities.js';

type Put = CrmWish & { readonly wish: 'put' };

export const SUPEROFFICE_LIMITS: CrmLimits = {
  // There are no batches: each record is a request, and what is under way when a call ends has to be asked about.
  batchSize: 20,
  callTimeoutMs: 90_000,
  // Lists are read from the database; a request that was cut off may still be on its way.
  settleMs: 5_000,
};

/** SuperOffice's long text fields take 199 characters. */
const LONGEST_KEY = 199;
const FIELDS = [
  { ProgId: REFERENCE, FieldLabel: 'Samspill reference' },
  { ProgId: CONTENT, FieldLabel: 'Samspill content' },
];
const KINDS: readonly CrmKind[] = ['customer', 'person', 'order'];

/**
 * A company's SuperOffice. Each record has our reference and a hash of what was written in user-defined fields, written in the same request
 * as the rest, so that a record never is there without them. SuperOffice knows no unique fields: a record is looked for before it is made,
 * and after a call whose outcome is not known.
 */
export class SuperOfficeCrm implements Crm {
  #currencies: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly api: SuperOfficeApi,
    /** As a check tells it. */
    private readonly account: string,
    readonly limits: CrmLimits = SUPEROFFICE_LIMITS,
  ) {}

  async check(signal: AbortSignal): Promise<CrmCheck> {
    for (const kind of KINDS) {
      const known = await this.api.fields(ENTITIES[kind], signal);
      if (!known.ok) return notReadyOf(known.failed);
      const missing = FIELDS.filter(({ ProgId }) => !known.value.includes(ProgId));
      if (missing.length === 0) continue;
      const made = await this.api.makeFields(ENTITIES[kind], missing, signal);
      if (!made.ok) return notReadyOf(made.failed);
    }
    return { kind: 'ready', account: this.account };
  }

  async write(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly SendOutcome[]> {
    const [first] = wishes;
    if (!first) return [];
    const kind = kindOf(first);
    const found = await this.#find(kind, wishes, signal);
    if (!found.ok) return wishes.map(() => notSentOf(found.failed));
    const around = await this.#surroundings(kind, wishes, signal);
    if (!around.ok) return wishes.map(() => notSentOf(around.failed));
    // The connection bounds how many are under way at once.
    return await Promise.all(
      wishes.map((wish) => {
        const there = found.value.get(keyOf(wish.reference));
        return wish.wish === 'put'
          ? this.#put(wish, there, around.value, signal)
          : this.#remove(kind, wish, there, signal);
      }),
    );
  }

  async lookUp(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly LookUpOutcome[]> {
    const [first] = wishes;
    if (!first) return [];
    const found = await this.#find(kindOf(first), wishes, signal);
    if (!found.ok) return wishes.map(() => noAnswerOf(found.failed));
    return await Promise.all(
      wishes.map(async (wish): Promise<LookUpOutcome> => {
        const { reference, content } = wish;
        const there = found.value.get(keyOf(reference)) ?? (await this.#deleted(wish, signal));
        if (isFailure(there)) return noAnswerOf(there.failed);
        if (there?.content === content) return { kind: 'there', reference: there.id };
        return wish.wish !== 'put' && !there ? { kind: 'there' } : { kind: 'not-there' };
      }),
    );
  }

  /** Whoever is forgotten may have been deleted before: such a record is not listed, and is to be had by its id. */
  async #deleted(
    { wish, reference, crmId, ...rest }: CrmWish,
    signal: AbortSignal,
  ): Promise<Listed | Failure | undefined> {
    if (wish !== 'erase' || crmId === undefined || !('kind' in rest)) return undefined;
    const held = await this.api.get(ENTITIES[rest.kind], crmId, signal);
    if (!held.ok) return held;
    return held.value?.reference === keyOf(reference)
      ? { id: crmId, content: held.value.content }
      : undefined;
  }

  async #find(
    kind: CrmKind,
    wishes: readonly CrmWish[],
    signal: AbortSignal,
  ): ReturnType<SuperOfficeApi['find']> {
    return await this.api.find(
      ENTITIES[kind],
      wishes.map(({ reference }) => keyOf(reference)),
      signal,
    );
  }

  async #surroundings(kind: CrmKind, wishes: readonly CrmWish[], signal: AbortSignal): Promise<Got<Around>> {
    const customers = wishes.flatMap((wish) =>
      wish.wish === 'put' && wish.record.kind !== 'customer' ? [keyOf(wish.record.customer)] : [],
    );
    const found = await this.api.find(ENTITIES.customer, [...new Set(customers)], signal);
    if (!found.ok) return found;
    if (kind === 'order' && !this.#currencies) {
      const got = await this.api.currencies(signal);
      if (!got.ok) return got;
      this.#currencies = got.value;
    }
    return { ok: true, value: { customers: found.value, currencies: this.#currencies ?? new Map() } };
  }

  async #put(
    wish: Put,
    there: Listed | undefined,
    { customers, currencies }: Around,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const { record, reference, content, crmId } = wish;
    if (there?.content === content) return { kind: 'confirmed', reference: there.id };
    const contact = record.kind === 'customer' ? undefined : customers.get(keyOf(record.customer));
    if (record.kind !== 'customer' && !contact) return withoutCustomer(record.customer);
    if (record.kind === 'order' && !currencies.has(record.currency))
      return refused(`SuperOffice has no currency ${record.currency}. Add it to its list of currencies.`);
    const surroundings: Surroundings = { currencies, ...(contact && { contactId: Number(contact.id) }) };
    const body = {
      ...valuesOf(record, surroundings),
      CustomFields: { [REFERENCE]: keyOf(reference), [CONTENT]: content },
    };
    const entity = ENTITIES[record.kind];
    let id = there?.id;
    if (id === undefined && crmId !== undefined) {
      const held = await this.api.get(entity, crmId, signal);
      if (!held.ok) return notSentOf(held.failed);
      if (!held.value) return gone(crmId);
      // Deleted by us or by hand, or its reference was emptied: it is the same record.
      const whose = held.value.reference;
      if (whose === keyOf(reference) || whose === '') id = crmId;
    }
    if (id === undefined) {
      const made = await this.api.create(entity, body, signal);
      return made.ok ? { kind: 'confirmed', reference: made.value } : sendOutcomeOf(made.failed);
    }
    const changed = await this.api.change(entity, id, body, signal);
    return changed.ok ? { kind: 'confirmed', reference: id } : sendOutcomeOf(changed.failed);
  }

  async #remove(
    kind: CrmKind,
    wish: CrmWish,
    listed: Listed | undefined,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const there = listed ?? (await this.#deleted(wish, signal));
    if (isFailure(there)) return notSentOf(there.failed);
    if (!there) return { kind: 'confirmed' };
    const { content } = wish;
    if (there.content === content) return { kind: 'confirmed', reference: there.id };
    const body = {
      ...(wish.wish === 'erase' ? erasedValues(kind) : {}),
      ...archivedValues(kind),
      CustomFields: { [CONTENT]: content },
    };
    const changed = await this.api.change(ENTITIES[kind], there.id, body, signal);
    return changed.ok ? { kind: 'confirmed', reference: there.id } : sendOutcomeOf(changed.failed);
  }
}

type Failure = Got<never> & { readonly ok: false };

function isFailure(value: Listed | Failure | undefined): value is Failure {
  return value !== undefined && 'failed' in value;
}

interface Around {
  readonly customers: ReadonlyMap<string, Listed>;
  readonly currencies: ReadonlyMap<string, number>;
}

function kindOf(wish: CrmWish): CrmKind {
  return wish.wish === 'put' ? wish.record.kind : wish.kind;
}

/** Our reference as it fits into a field of SuperOffice's. */
function keyOf(reference: string): string {
  if (reference.length <= LONGEST_KEY) return reference;
  return `sha256:${createHash('sha256').update(reference).digest('hex')}`;
}

/** A record that people delete is still to be had by its id; one that is not was merged into another. Making it anew would undo that. */
function gone(id: string): SendOutcome {
  return refused(
    `Record ${id} is not in SuperOffice any more: it was merged into another there, or removed for good. Merge the two in the business system as well.`,
  );
}
