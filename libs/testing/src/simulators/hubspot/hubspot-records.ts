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
  #lastId = 1_000;

  constructor(
    private readonly properties: ReadonlyMap<string, ReadonlyMap<string, HubSpotProperty>>,
    private readonly effects: Effects,
  ) {}

  live(type: string): readonly HubSpotRecord[] {
    return [...this.#all.values()].filter((record) => record.type === type && !record.archived);
  }

  archived(type: string): readonly HubSpotRecord[] {
    return [...this.#all.values()].filter((record) => record.type === type && record.archived);
  }

  /** By id; that of a record that was merged into another gives the other. */
  byId(type: string, id: string): HubSpotRecord | undefined {
    const record = this.#all.get(id);
    if (record?.type === type && !record.archived) return record;
    return this.live(type).find(({ merged }) => merged.includes(id));
  }

  byValue(type: string, property: string, value: string): HubSpotRecord | undefined {
    if (value === '') return undefined;
    return this.live(type).find((record) => record.properties[property] === value);
  }

  /** A record that has one of these values already, where its field is unique. */
  holder(
    type: string,
    values: Readonly<Record<string, string>>,
    except?: string,
  ): { readonly id: string; readonly property: string } | undefined {
    const unique = [...(this.properties.get(type)?.values() ?? [])].filter((one) => one.hasUniqueValue);
    for (const { name } of unique) {
      const holder = this.byValue(type, name, values[name] ?? '');
      if (holder && holder.id !== except) return { id: holder.id, property: name };
    }
    return undefined;
  }

  create(type: string, properties: Readonly<Record<string, string>>): HubSpotRecord {
    const id = String((this.#lastId += 1));
    const given = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== ''));
    const record = { id, type, properties: given, archived: false, modifiedMs: Date.now(), merged: [] };
    this.#all.set(id, record);
    this.effects.add({ kind: 'created', type, id, changed: Object.keys(given) });
    return record;
  }

  change(record: HubSpotRecord, properties: Readonly<Record<string, string>>): void {
    const changed = Object.keys(properties).filter(
      (name) => (record.properties[name] ?? '') !== (properties[name] ?? ''),
    );
    record.properties = Object.fromEntries(
      Object.entries({ ...record.properties, ...properties }).filter(([, value]) => value !== ''),
    );
    record.modifiedMs = Date.now();
    this.effects.add({ kind: 'changed', type: record.type, id: record.id, changed });
  }

  archive(record: HubSpotRecord): void {
    record.archived = true;
    this.effects.add({ kind: 'archived', type: record.type, id: record.id, changed: [] });
  }

  /** As people do it at HubSpot: the primary record keeps its own values. No effect of ours. */
  merge(primary: HubSpotRecord, other: HubSpotRecord): void {
    other.archived = true;
    primary.merged.push(other.id, ...other.merged);
  }
}
