import type { Effects } from '../effects.js';
import { member, textOf } from '../json.js';

export type SuperOfficeType = 'Contact' | 'Person' | 'Sale';

export interface SuperOfficeRecord {
  readonly id: number;
  readonly type: SuperOfficeType;
  /** As it is shown: fields by name, those of users in `CustomFields`. */
  values: Readonly<Record<string, unknown>>;
}

/** Records of a customer's SuperOffice. Merging takes a record away; deleting marks it. */
export class SuperOfficeRecords {
  readonly #all = new Map<number, SuperOfficeRecord>();
  #lastId = 100;

  constructor(private readonly effects: Effects) {}

  byId(type: SuperOfficeType, id: number): SuperOfficeRecord | undefined {
    const record = this.#all.get(id);
    return record?.type === type ? record : undefined;
  }

  /** Those that lists show. */
  listed(type: SuperOfficeType): readonly SuperOfficeRecord[] {
    return [...this.#all.values()].filter(
      (record) => record.type === type && (record.values['Deleted'] ?? 0) === 0,
    );
  }

  create(type: SuperOfficeType, values: Readonly<Record<string, unknown>>): SuperOfficeRecord {
    const record = { id: (this.#lastId += 1), type, values };
    this.#all.set(record.id, record);
    this.effects.add({ kind: 'created', type, id: String(record.id), changed: Object.keys(values) });
    return record;
  }

  /** RFC 7396. */
  patch(record: SuperOfficeRecord, patch: Readonly<Record<string, unknown>>): void {
    const fields = { ...asObject(record.values['CustomFields']), ...asObject(patch['CustomFields']) };
    const after = { ...record.values, ...patch, CustomFields: fields };
    const changed = Object.keys(after).filter(
      (name) => JSON.stringify(member(after, name)) !== JSON.stringify(record.values[name]),
    );
    record.values = after;
    this.effects.add({ kind: 'changed', type: record.type, id: String(record.id), changed });
  }

  /** As its people do it: the destination keeps its own values and gets what belonged to the other. No effect of ours. */
  merge(source: number, destination: number): void {
    this.#all.delete(source);
    for (const record of this.#all.values()) {
      const contact = member(record.values, 'Contact');
      if (textOf(contact, 'ContactId') === String(source))
        record.values = { ...record.values, Contact: { ContactId: destination } };
    }
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
