/** Something that people at the CRM or their workflows notice: a modified date that moves, an entry in the timeline. */
export interface CrmEffect {
  readonly kind: 'created' | 'changed' | 'archived' | 'restored' | 'related';
  /** The vendor's name of the object type. */
  readonly type: string;
  readonly id: string;
  /** Names of the fields that are other than before. Empty for a change that changed nothing: a repeat. */
  readonly changed: readonly string[];
}

/** All that was noticed since the beginning. */
export class Effects {
  readonly all: CrmEffect[] = [];

  add(effect: CrmEffect): void {
    this.all.push(effect);
  }

  /** Effects that were had although nothing was to be changed any more. */
  get repeated(): readonly CrmEffect[] {
    return this.all.filter(
      ({ kind, changed }) => kind !== 'archived' && kind !== 'restored' && changed.length === 0,
    );
  }

  count(kind: CrmEffect['kind'], type?: string): number {
    return this.all.filter((effect) => effect.kind === kind && (type === undefined || effect.type === type))
      .length;
  }
}

/** Values that more than one has, with how many have them. */
export function repeatedValues(values: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values)
    if (value !== undefined && value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count > 1));
}
