import type { RecordEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import type { FoundPerson, PersonValue } from '@samspill/platform';
import { fieldTexts } from './field-text.js';

/** What the events of a record say of it, now and before. */
export type RecordHistory = Pick<FoundPerson, 'fields' | 'former'> & {
  /** `none`: it never was. */
  readonly state: 'none' | 'kept' | 'deleted' | 'forgotten';
};

/** Since when each field has its value, who sent it, and what it was before. What comes before a forgetting is not there. */
export function recordHistory(events: readonly Recorded<RecordEvent>[]): RecordHistory {
  let state: RecordHistory['state'] = 'none';
  let now = new Map<string, PersonValue>();
  let former: (PersonValue & { readonly until: string })[] = [];
  const replaceWith = (next: ReadonlyMap<string, PersonValue>, until: string): void => {
    for (const [field, before] of now)
      if (next.get(field)?.value !== before.value) former.push({ ...before, until });
    now = new Map(
      [...next].map(([field, value]) => {
        const before = now.get(field);
        return [field, before?.value === value.value ? before : value];
      }),
    );
  };
  for (const { type, data, meta } of events) {
    if ('record' in data) {
      const values = fieldTexts(data.record)
        .filter(({ field }) => field !== '/kind')
        .map(({ field, text }): readonly [string, PersonValue] => [
          field,
          { field, value: text, since: meta.time, from: meta.actor },
        ]);
      replaceWith(new Map(values), meta.time);
      state = 'kept';
    } else if (type.endsWith('.forgotten')) {
      now = new Map();
      former = [];
      state = 'forgotten';
    } else {
      replaceWith(new Map(), meta.time);
      state = state === 'forgotten' ? 'none' : 'deleted';
    }
  }
  return { state, fields: [...now.values()], former };
}
