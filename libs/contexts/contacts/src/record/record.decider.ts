import {
  recordChanged,
  recordDeleted,
  type ContactKind,
  type ContactRecord,
  type RecordEvent,
} from '@samspill/contracts';
import { streamName, type CompanyId, type Decider } from '@samspill/kernel';

/** A customer, supplier or contact person as the ERP last had it. */
export interface RecordState {
  readonly record: ContactRecord | undefined;
}

export type RecordCommand =
  | { readonly kind: 'put'; readonly record: ContactRecord }
  | { readonly kind: 'remove'; readonly recordKind: ContactKind; readonly number: string };

/** Events carry the whole record, so the last one of a stream is its state. */
export const recordDecider: Decider<RecordState, RecordCommand, RecordEvent> = {
  initial: () => ({ record: undefined }),

  decide(command, state) {
    if (command.kind === 'remove') {
      return state.record ? [recordDeleted(command.recordKind, command.number)] : [];
    }
    const fields = differingFields(state.record, command.record);
    return fields.length > 0 ? [recordChanged(command.record, fields)] : [];
  },

  evolve: (_state, event) => ({ record: 'record' in event.data ? event.data.record : undefined }),
};

export function recordStream(company: CompanyId, kind: ContactKind, number: string): string {
  return streamName(`contacts.${kind}`, company, number);
}

/** Fields whose values differ. Records are canonical, so equal values are equal texts. */
function differingFields(before: ContactRecord | undefined, after: ContactRecord): readonly string[] {
  const [old, now] = [fieldTexts(before), fieldTexts(after)];
  const fields: string[] = [];
  for (const [field, text] of now) if (old.get(field) !== text) fields.push(field);
  for (const field of old.keys()) if (!now.has(field)) fields.push(field);
  return fields;
}

function fieldTexts(record: ContactRecord | undefined): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [field, value] of Object.entries(record ?? {})) {
    if (field !== 'kind') texts.set(field, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return texts;
}
