import { listOf, member, textOf } from '../json.js';
import type { VendorAnswer, VendorRequest } from '../vendor-server.js';
import type { Effects } from '../effects.js';
import { batchAnswer, hubSpotError } from './hubspot-answers.js';
import type { HubSpotRecords } from './hubspot-records.js';

/** Of relations without a label; asked for rather than known: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/overview */
const TYPE_IDS: Readonly<Record<string, number>> = { contacts: 279, orders: 509 };
const TARGET = 'companies';

/** `crm/v4/associations/<from>/<to>/…`; this account relates contacts and orders to companies. */
export class HubSpotAssociations {
  /** Ids of companies, by `<type>/<id>`. */
  readonly #companies = new Map<string, Set<string>>();

  constructor(
    private readonly records: HubSpotRecords,
    private readonly effects: Effects,
  ) {}

  /** Ids of the companies of a record, those of merged ones as what they were merged into. */
  of(type: string, id: string): readonly string[] {
    const ids = [...(this.#companies.get(`${type}/${id}`) ?? [])].map(
      (company) => this.records.byId(TARGET, company)?.id,
    );
    return [...new Set(ids.filter((one) => one !== undefined))];
  }

  canRelate(type: string, typeId: number, to: string): boolean {
    return TYPE_IDS[type] === typeId && this.records.byId(TARGET, to) !== undefined;
  }

  /** @param isNoticed whether it is an effect of its own, not a part of a creation */
  relate(type: string, from: string, to: string, isNoticed = true): void {
    const target = this.records.byId(TARGET, to);
    if (!target) return;
    const isNew = !this.of(type, from).includes(target.id);
    const companies = this.#companies.get(`${type}/${from}`) ?? new Set();
    this.#companies.set(`${type}/${from}`, companies.add(target.id));
    if (isNoticed && isNew) this.effects.add({ kind: 'related', type, id: from, changed: [TARGET] });
  }

  answer(from: string, to: string, rest: readonly string[], { body, method }: VendorRequest): VendorAnswer {
    const typeId = TYPE_IDS[from];
    if (to !== TARGET || typeId === undefined) return hubSpotError(404, 'OBJECT_NOT_FOUND', 'No such types.');
    const pairs = listOf(body, 'inputs').map((input) => ({
      id: textOf(member(input, 'from'), 'id') ?? textOf(input, 'id') ?? '',
      to: [textOf(member(input, 'to'), 'id'), ...listOf(input, 'to').map((one) => textOf(one, 'id'))],
    }));
    switch (`${method} ${rest.join('/')}`) {
      case 'GET labels':
        return { status: 200, body: { results: [{ category: 'HUBSPOT_DEFINED', typeId, label: null }] } };
      case 'POST batch/associate/default':
        for (const pair of pairs) for (const one of pair.to) this.relate(from, pair.id, one ?? '');
        return batchAnswer([], []);
      case 'POST batch/archive':
        for (const pair of pairs)
          for (const one of pair.to) this.#companies.get(`${from}/${pair.id}`)?.delete(one ?? '');
        return { status: 204 };
      case 'POST batch/read':
        return batchAnswer(
          pairs.map(({ id }) => ({
            from: { id },
            to: this.of(from, id).map((toObjectId) => ({ toObjectId, associationTypes: [{ typeId }] })),
          })),
          [],
        );
      default:
        return hubSpotError(404, 'OBJECT_NOT_FOUND', 'There is no such resource.');
    }
  }
}
