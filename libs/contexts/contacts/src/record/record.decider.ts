import {
  recordChanged,
  recordDeleted,
  recordForgettingLifted,
  recordForgotten,
  type ContactKind,
  type ContactRecord,
  type RecordEvent,
} from '@samspill/contracts';
import { reject, streamName, type CompanyId, type Decider } from '@samspill/kernel';
import { FORGOTTEN_FAULT } from './forgotten-record.js';

/** A customer, supplier or contact person as the ERP last had it; or one that has been forgotten, of which nothing is known. */
export type RecordState =
  | { readonly record: ContactRecord | undefined; readonly isForgotten: false }
  | { readonly record: undefined; readonly isForgotten: true };

export type RecordCommand =
  | { readonly kind: 'put'; readonly record: ContactRecord }
  | { readonly kind: 'remove'; readonly recordKind: ContactKind; readonly number: string }
  /** `number` may belong to no record that was ever seen: it is refused from then on all the same. */
  | {
      readonly kind: 'forget' | 'lift';
      readonly recordKind: ContactKind;
      readonly number: string;
      readonly reason: string;
    };

const UNKNOWN: RecordState = { record: undefined, isForgotten: false };
const FORGOTTEN: RecordState = { record: undefined, isForgotten: true };

/** Events carry the whole record, so the last one of a stream is its state. Refuses with `record.forgotten` only. */
export const recordDecider: Decider<RecordState, RecordCommand, RecordEvent> = {
  initial: () => UNKNOWN,

  decide(command, state) {
    switch (command.kind) {
      case 'put': {
        if (state.isForgotten) return reject(FORGOTTEN_FAULT.code, FORGOTTEN_FAULT.detail, [FORGOTTEN_FAULT]);
        const fields = differingFields(state.record, command.record);
        return fields.length > 0 ? [recordChanged(command.record, fields)] : [];
      }
      case 'remove':
        return state.record ? [recordDeleted(command.recordKind, command.number)] : [];
      case 'forget':
        return state.isForgotten ? [] : [recordForgotten(command.recordKind, command.number, command.reason)];
      case 'lift':
        return state.isForgotten
          ? [recordForgettingLifted(command.recordKind, command.number, command.reason)]
          : [];
    }
  },

  evolve(_state, event) {
    if ('record' in event.data) return { record: event.data.record, isForgotten: false };
    return event.type.endsWith('.forgotten') ? FORGOTTEN : UNKNOWN;
  },
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
