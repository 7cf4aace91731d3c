import type { Effects } from '../effects.js';

/** What the account has of an object type: its own fields and those that were made for it. */
export interface HubSpotProperty {
  readonly name: string;
  readonly groupName: string;
  readonly type: string;
  readonly hasUniqueValue: boolean;
}

export interface HubSpotRecord {
  readonly id: string;
  readonly type: string;
  properties: Readonly<Record<string, string>>;
  archived: boolean;
  /** When it was written last; search shows it a while later. */
  modifiedMs: number;
  /** Ids of records that people have merged into it. */
  readonly merged: string[];
}

/** Records of an account, by object type. Ids are never used again. */
export class HubSpotRecords {
  readonly #all = new Map<string, HubSpotRecord>();
  readonly #live = new Map<string, Set<HubSpotRecord>>();
  /** Live records by type, unique field and value: a hundred thousand records are found as quickly as ten. */
  readonly #byValue = new Map<string, HubSpotRecord>();
  readonly #mergedInto = new Map<string, HubSpotRecord>();
  #lastId: number;

  constructor(
    private readonly properties: ReadonlyMap<string, ReadonlyMap<string, HubSpotProperty>>,
    private readonly effects: Effects,
    beforeFirstId: number,
  ) {
    this.#lastId = beforeFirstId;
  }

  live(type: string): readonly HubSpotRecord[] {
    return [...(this.#live.get(type) ?? [])];
  }

  archived(type: string): readonly HubSpotRecord[] {
    return [...this.#all.values()].filter((record) => record.type === type && record.archived);
  }

  /** By id; that of a record that was merged into another gives the other. */
  byId(type: string, id: string): HubSpotRecord | undefined {
    const record = this.#mergedInto.get(id) ?? this.#all.get(id);
    return record?.type === type && !record.archived ? record : undefined;
  }

  /** Only of unique fields. */
  byValue(type: string, property: string, value: string): HubSpotRecord | undefined {
    return this.#byValue.get(`${type}/${property}/${value}`);
  }

  /** A record that has one of these values already, where its field is unique. */
  holder(
    type: string,
    values: Readonly<Record<string, string>>,
    except?: string,
  ): { readonly id: string; readonly property: string } | undefined {
    for (const property of this.#unique(type)) {
      const holder = this.byValue(type, property, values[property] ?? '');
      if (holder && holder.id !== except) return { id: holder.id, property };
    }
    return undefined;
  }

  create(type: string, properties: Readonly<Record<string, string>>): HubSpotRecord {
    const id = String((this.#lastId += 1));
    const given = withoutEmpty(properties);
    const record = { id, type, properties: given, archived: false, modifiedMs: Date.now(), merged: [] };
    this.#all.set(id, record);
    const live = this.#live.get(type) ?? new Set();
    this.#live.set(type, live.add(record));
    this.#index(record);
    this.effects.add({ kind: 'created', type, id, changed: Object.keys(given) });
    return record;
  }

  change(record: HubSpotRecord, properties: Readonly<Record<string, string>>): void {
    const changed = Object.keys(properties).filter(
      (name) => (record.properties[name] ?? '') !== (properties[name] ?? ''),
    );
    this.edit(record, properties);
    this.effects.add({ kind: 'changed', type: record.type, id: record.id, changed });
  }

  /** As people do it at HubSpot: no effect of ours. */
  edit(record: HubSpotRecord, properties: Readonly<Record<string, string>>): void {
    this.#unindex(record);
    record.properties = withoutEmpty({ ...record.properties, ...properties });
    record.modifiedMs = Date.now();
    this.#index(record);
  }

  archive(record: HubSpotRecord): void {
    this.hide(record);
    this.effects.add({ kind: 'archived', type: record.type, id: record.id, changed: [] });
  }

  /** Archived by people. */
  hide(record: HubSpotRecord): void {
    record.archived = true;
    this.#live.get(record.type)?.delete(record);
    this.#unindex(record);
  }

  /** As people do it at HubSpot: the primary record keeps its own values. No effect of ours. */
  merge(primary: HubSpotRecord, other: HubSpotRecord): void {
    this.hide(other);
    primary.merged.push(other.id, ...other.merged);
    for (const id of primary.merged) this.#mergedInto.set(id, primary);
  }

  #unique(type: string): readonly string[] {
    const all = [...(this.properties.get(type)?.values() ?? [])];
    return all.filter(({ hasUniqueValue }) => hasUniqueValue).map(({ name }) => name);
  }

  #index(record: HubSpotRecord): void {
    for (const property of this.#unique(record.type)) {
      const value = record.properties[property];
      if (value !== undefined) this.#byValue.set(`${record.type}/${property}/${value}`, record);
    }
  }

  #unindex(record: HubSpotRecord): void {
    for (const property of this.#unique(record.type))
      this.#byValue.delete(`${record.type}/${property}/${record.properties[property] ?? ''}`);
  }
}

function withoutEmpty(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== ''));
}
